/**
 * A supervised baseline as an arm of a run: from the SFT checkpoint, on the pairs that the reward model learned from, in
 * one go. It has no iterations and so no boundary: of what people ask of runs it heeds `cancel` alone, once it is trained.
 * One that was interrupted trains anew, to the same weights.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_BASELINES } from '../../core/config/baselines-options.js';
import type { RunConfig } from '../../core/config/run-config.js';
import type { PolicyVersion } from '../../core/domain/policy.js';
import { hasEnded } from '../../core/domain/run-state.js';
import { MajlisError } from '../../core/errors.js';
import { createRng } from '../../core/math/rng.js';
import { hashModelWeights } from '../../core/network/model-directory/hash-model-weights.js';
import type { TrainerCall } from '../../core/trainer/trainer.js';
import { optimizePreferences } from '../../coordinator/supervised/direct-preference.js';
import type { PreferencePair } from '../../coordinator/supervised/preference-pair.js';
import { preferredAnswers } from '../../coordinator/supervised/preferred-answers.js';
import {
  superviseModel,
  type SupervisedProgress,
} from '../../coordinator/supervised/supervised-fine-tuning.js';
import type { EncodedPair } from '../../reward/model/encoded-pair.js';
import type { BaselineName } from '../../workers/evaluation/arm-figures.js';
import type { ArmServices } from './arm-services.js';
import type { ProgressListener } from './progress.js';
import type { ArmResult } from './run-arm.js';
import type { SupervisedCheckpoint } from './supervised-checkpoint.js';

export interface BaselinePlan {
  readonly runId: string;
  readonly name: BaselineName;
  readonly config: RunConfig;
  readonly checkpoint: SupervisedCheckpoint;
  readonly rubricHash: string;
  /** What the rubric's reward model learned from. */
  readonly pairs: () => Promise<readonly EncodedPair[]>;
  /** The policy is saved here. */
  readonly directory: string;
  readonly onProgress: ProgressListener;
  readonly signal: AbortSignal;
}

type StepTaken = Omit<SupervisedProgress, 'tokens'>;

const WARMUP_SHARE = 0.1;

/** Trains the baseline that the ledger has queued; one that has ended is only looked up. */
export async function runBaseline(services: ArmServices, plan: BaselinePlan): Promise<ArmResult> {
  const { ledger } = services;
  const { runId } = plan;
  const run = await ledger.getRun(runId);
  if (run === undefined) throw new MajlisError(`run ${runId} is not in the ledger`, { code: 'not_found' });
  if (!hasEnded(run.state)) await drive(services, plan);
  const policy = (await ledger.policyVersions(runId)).at(-1);
  if (policy === undefined || policy.version === 0) {
    throw new MajlisError(`run ${runId} ended before ${plan.name} had a policy`, {
      code: 'failed_precondition',
    });
  }
  return { runId, policy, iterations: [], shadows: [] };
}

async function drive(services: ArmServices, plan: BaselinePlan): Promise<void> {
  const { ledger } = services;
  const { runId, rubricHash, checkpoint } = plan;
  try {
    await ledger.setRunState(runId, 'running');
    const epoch = await ledger.beginEpoch(runId);
    await ledger.recordPolicyVersion(runId, checkpoint.policy, rubricHash);
    const policy = await trained(services, plan, { run: runId, epoch });
    if (policy === 'cancelled') return;
    await ledger.recordPolicyVersion(runId, policy, rubricHash);
    await ledger.setRunState(runId, 'completed');
  } catch (thrown) {
    const error = MajlisError.from(thrown);
    if (!plan.signal.aborted) await ledger.setRunState(runId, 'failed', error.message);
    throw error;
  }
}

/** The policy that an earlier start left whole, or a new one. */
async function trained(
  services: ArmServices,
  plan: BaselinePlan,
  call: TrainerCall,
): Promise<PolicyVersion | 'cancelled'> {
  const location = join(plan.directory, 'policies', 'policy-000001');
  if (existsSync(location)) {
    return { version: 1, hash: await hashModelWeights(location), location };
  }
  const { trainer, ledger } = services;
  const base = plan.checkpoint.policy.location;
  const modelId = await trainer.createModel(call, { role: 'policy', base, heads: 0, seed: 0 });
  const took = await takeSteps(services, plan, { call, modelId });
  const after = { ...call, expectedVersion: took };
  if ((await ledger.getRun(plan.runId))?.state === 'cancelled') {
    await trainer.deleteModel(after, modelId);
    return 'cancelled';
  }
  const published = await trainer.publishWeights(after, { modelId, directory: location });
  await trainer.deleteModel(after, modelId);
  return { version: 1, hash: published.sha256, location };
}

async function takeSteps(
  { trainer }: ArmServices,
  plan: BaselinePlan,
  { call, modelId }: { readonly call: TrainerCall; readonly modelId: string },
): Promise<number> {
  const { sftChosen, dpo } = plan.config.baselines ?? DEFAULT_BASELINES;
  const { name, checkpoint, config } = plan;
  const pairs = (await plan.pairs()).map(preferencePair);
  const seed = createRng(config.seed).fork(`baseline/${name}`).uint32();
  const onStep = stepListener(plan);
  if (name === 'sft-chosen') {
    const { answersPerStep: sequencesPerStep, ...options } = sftChosen;
    const { promptNoise } = config.supervised;
    const { vocabSize } = checkpoint.tokenizer;
    return superviseModel(
      { trainer, call, modelId },
      preferredAnswers(pairs),
      { ...options, ...warmup(options), sequencesPerStep, promptNoise, vocabSize, seed },
      onStep,
    );
  }
  const base = checkpoint.policy.location;
  const reference = await trainer.createModel(call, { role: 'reference', base, heads: 0, seed: 0 });
  try {
    return await optimizePreferences(
      { trainer, call, policy: modelId, reference },
      pairs,
      { ...dpo, ...warmup(dpo), temperature: config.sampling.temperature, seed },
      onStep,
    );
  } finally {
    await trainer.deleteModel({ ...call, expectedVersion: 0 }, reference);
  }
}

function warmup({ steps }: { readonly steps: number }): { readonly warmupSteps: number } {
  return { warmupSteps: Math.ceil(steps * WARMUP_SHARE) };
}

function preferencePair({ first, second, probabilityFirst, weight }: EncodedPair): PreferencePair {
  const promptLength = first.tokenIds.length - first.answerLength;
  return {
    promptTokenIds: first.tokenIds.slice(0, promptLength),
    first: first.tokenIds.slice(promptLength),
    second: second.tokenIds.slice(promptLength),
    probabilityFirst,
    weight,
  };
}

function stepListener({ name, onProgress, signal }: BaselinePlan): (progress: StepTaken) => void {
  return ({ step, steps, loss }) => {
    signal.throwIfAborted();
    onProgress({ stage: name, done: step, all: steps, unit: 'steps', note: `loss ${loss.toFixed(3)}` });
  };
}
