import { join } from 'node:path';
import { compileJudges } from '../../core/config/judges-options.js';
import { requireAskable } from '../../core/config/require-askable.js';
import type { TokenizedPrompt } from '../../core/domain/prompt.js';
import type { Rubric } from '../../core/domain/rubric.js';
import type { SamplingSettings } from '../../core/domain/trajectory.js';
import type { Engine } from '../../core/engine/engine.js';
import { createRng } from '../../core/math/rng.js';
import type { TrainerCall } from '../../core/trainer/trainer.js';
import { evaluators } from '../../reward/judge/evaluators/registry.js';
import type { SampledPairs } from '../../reward/preference/pair-sampler.js';
import { loadRubric } from '../../reward/rubric/load-rubric.js';
import { readStoredRubric } from '../control/stored-rubrics.js';
import type { AskedJudges } from '../judges/asked-judges.js';
import { recordVerdicts } from '../judges/verdict-record.js';
import { judgeAllPairs } from './judged-pairs.js';
import { localesFor } from '../../core/config/known-locales.js';
import type { ProgressListener } from './progress.js';
import { samplePolicyPairs } from './policy-pairs.js';
import { createRewardForm } from './reward-forms/create-reward-form.js';
import { RewardPlane } from './reward-plane.js';
import { RewardStore } from './reward-store.js';
import { rubricFile, type RunInputs } from './run-inputs.js';
import type { Demonstration } from '../../coordinator/supervised/supervised-fine-tuning.js';
import {
  demonstrationsOf,
  supervisedCheckpoint,
  type SupervisedCheckpoint,
} from './supervised-checkpoint.js';
import type { Workspace } from './workspace.js';

/** Everything that arms start from: one checkpoint, one set of sampled pairs, and a reward plane over them. */
export interface PreparedRun {
  readonly checkpoint: SupervisedCheckpoint;
  readonly sampling: SamplingSettings;
  readonly prompts: readonly TokenizedPrompt[];
  readonly heldOutPrompts: readonly TokenizedPrompt[];
  /** Held-out reference answers as token ids. */
  readonly references: readonly Demonstration[];
  readonly pairs: SampledPairs;
  /** Sampled answers that the token limit cut inside a character. */
  readonly cutAnswers: number;
  readonly rewards: RewardPlane;
  /** For trainer calls that belong to no arm. */
  readonly call: TrainerCall;
}

export interface PrepareOptions {
  readonly rubrics: readonly Rubric[];
  readonly engines: readonly Engine[];
  readonly directory: string;
  readonly runId: string;
  /** Answers where a reward model is retrained on the current policy; it is not without it. */
  readonly refreshEngine?: Engine | undefined;
  /** Whoever judges beside the rules. */
  readonly asked: AskedJudges;
  readonly onProgress: ProgressListener;
  readonly signal: AbortSignal;
}

const EPOCH = 1;
/** Answers per prompt that rewards are centred and scaled on. */
const REFERENCES_PER_PROMPT = 1;

/** SFT, then answers to every training prompt, then pairs; judging and reward models wait until an arm asks. */
export async function prepareRun(
  workspace: Workspace,
  inputs: RunInputs,
  options: PrepareOptions,
): Promise<PreparedRun> {
  const { config, profile } = inputs;
  const { engines, onProgress, signal } = options;
  const call = { run: `${options.runId}-prepare`, epoch: EPOCH };
  const { trainer, scorer } = workspace;
  const place = { trainer, call, directory: join(options.directory, 'checkpoint') };
  const checkpoint = await supervisedCheckpoint(inputs, place, onProgress);
  const { tokenizer } = checkpoint;
  const longest = config.model.contextLength - config.sampling.maxNewTokens;
  const tokenized = (prompts: RunInputs['prompts']): TokenizedPrompt[] =>
    prompts.map((prompt) => tokenizer.tokenizePrompt(prompt, longest));
  const sampling = { ...config.sampling, stopTokenIds: tokenizer.stopTokenIds };
  const prompts = tokenized(inputs.prompts);
  const rng = createRng(config.seed).fork('pairs');
  const plan = { ...config.preferences, prompts, sampling, profile, tokenizer };
  const first = await samplePolicyPairs(checkpoint.policy, {
    ...{ ...plan, engines, rng },
    onAnswered: (done) => {
      onProgress({ stage: 'answers', done, all: prompts.length, unit: 'prompts' });
    },
  });
  const { sampled, pairs } = first;
  const { refreshEngine } = options;
  const form = createRewardForm(config, { profile, trainer, call, checkpoint });
  const rewards = new RewardPlane({
    config,
    profile,
    form,
    scorer,
    encode: first.encode,
    references: sampled.map(({ prompt, answers }) => ({
      prompt: prompt.prompt,
      promptTokenIds: prompt.tokenIds,
      answers: answers.slice(0, REFERENCES_PER_PROMPT),
    })),
    pairs: pairs.pairs,
    judge: async (rubric, asked, name) => {
      const judging = { rubric, profile, gold: inputs.goldPairs, asked: options.asked, seed: config.seed };
      const judged = await judgeAllPairs({ ...judging, judges: compileJudges(config.judges) }, asked, {
        signal,
        onProgress: (done) => {
          onProgress({ stage: `judging ${name}`, done, all: asked.length, unit: 'pairs' });
        },
      });
      await recordVerdicts(options.directory, { id: name, hash: rubric.hash }, judged.askedVerdicts);
      return judged;
    },
    ...(refreshEngine === undefined
      ? {}
      : {
          sample: inTurn((policy) =>
            samplePolicyPairs(policy, {
              ...{ ...plan, engines: [refreshEngine], rng: rng.fork(`policy/${policy.hash}`) },
            }),
          ),
        }),
    rubrics: options.rubrics,
    findRubric: (hash) => readStoredRubric(workspace.folder, hash),
    store: new RewardStore(join(options.directory, 'rewards'), form),
    onProgress,
  });
  return {
    checkpoint,
    sampling,
    prompts,
    heldOutPrompts: tokenized(inputs.heldOutPrompts),
    references: demonstrationsOf(inputs.heldOutCorpus, tokenizer, config.model.contextLength),
    pairs,
    cutAnswers: sampled.flatMap(({ answers }) => answers).filter(({ cutCharacter }) => cutCharacter).length,
    rewards,
    call,
  };
}

/** The rubrics that a run file names, in its order; each one that its judges can be asked about. */
export async function loadRunRubrics(runFile: string, { config }: RunInputs): Promise<Rubric[]> {
  const profiles = await localesFor(runFile);
  const named = [config.rubric, ...(config.swap === undefined ? [] : [config.swap.rubric])];
  const rubrics = await Promise.all(
    named.map((name) => loadRubric(rubricFile(name, runFile), { evaluators, profiles })),
  );
  for (const rubric of rubrics) requireAskable(rubric, config.judges);
  return rubrics;
}

/** One call after the other: one engine serves them all, and whose turn it is changes no answer. */
function inTurn<Given, Value>(work: (given: Given) => Promise<Value>): (given: Given) => Promise<Value> {
  let last: Promise<unknown> = Promise.resolve();
  return (given) => {
    const turn = last.then(
      () => work(given),
      () => work(given),
    );
    last = turn;
    return turn;
  };
}
