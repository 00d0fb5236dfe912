import type { TokenizedPrompt } from '../../core/domain/prompt.js';
import type { SamplingSettings } from '../../core/domain/trajectory.js';
import type { TrainerCall } from '../../core/trainer/trainer.js';
import type { Demonstration } from '../../coordinator/supervised/supervised-fine-tuning.js';
import type { Rewards } from './locale-rewards.js';
import { openRewards } from './open-rewards.js';
import type { PrepareOptions } from './prepare-options.js';
import type { RunInputs } from './run-inputs.js';
import { testRunTrainer } from './test-run-trainer.js';
import {
  checkpointFolder,
  baseModel,
  demonstrationsOf,
  supervisedCheckpoint,
  type SupervisedCheckpoint,
} from './supervised-checkpoint.js';
import type { Workspace } from './workspace.js';

/** Everything that arms start from: one checkpoint, and rewards over what it was sampled to say. */
export interface PreparedRun {
  readonly checkpoint: SupervisedCheckpoint;
  readonly sampling: SamplingSettings;
  readonly prompts: readonly TokenizedPrompt[];
  readonly heldOutPrompts: readonly TokenizedPrompt[];
  /** Held-out reference answers as token ids. */
  readonly references: readonly Demonstration[];
  /** Sampled answers that the token limit cut inside a character. */
  readonly cutAnswers: number;
  readonly rewards: Rewards;
  /** For trainer calls that belong to no arm. */
  readonly call: TrainerCall;
}

const EPOCH = 1;

/** SFT, then answers to every training prompt, then pairs; judging and reward models wait until an arm asks. */
export async function prepareRun(
  workspace: Workspace,
  inputs: RunInputs,
  options: PrepareOptions,
): Promise<PreparedRun> {
  const { config } = inputs;
  const call = { run: `${options.runId}-prepare`, epoch: EPOCH };
  const { trainer } = workspace;
  const place = { trainer, call, directory: checkpointFolder(options.directory) };
  const base = await baseModel(inputs, place.directory);
  await testRunTrainer(config, { trainer, run: options.runId, base });
  const checkpoint = await supervisedCheckpoint(inputs, base, place, options.onProgress);
  const { tokenizer } = checkpoint;
  const longest = config.model.contextLength - config.sampling.maxNewTokens;
  const tokenized = (prompts: RunInputs['prompts']): TokenizedPrompt[] =>
    prompts.map((prompt) => tokenizer.tokenizePrompt(prompt, longest));
  const sampling = { ...config.sampling, stopTokenIds: tokenizer.stopTokenIds };
  const prompts = tokenized(inputs.prompts);
  const opened = await openRewards(workspace, { inputs, options, checkpoint, call, prompts, sampling });
  return {
    checkpoint,
    sampling,
    prompts,
    heldOutPrompts: tokenized(inputs.heldOutPrompts),
    references: demonstrationsOf(inputs.heldOutCorpus, tokenizer, config.model.contextLength),
    ...opened,
    call,
  };
}
