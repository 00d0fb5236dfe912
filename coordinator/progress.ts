import type { CheckpointManifest } from '../core/domain/checkpoint.js';
import type { RecordedPolicyVersion } from '../core/ledger/ledger.js';
import type { KlController } from '../core/math/kl-controller.js';
import type { BatchAdvantages } from './advantage/estimate-advantages.js';
import type { RewardSource } from './score/reward-source.js';
import type { Update } from './update/take-steps.js';

/** Where the run is. Replaced, never changed. */
export interface Progress {
  readonly iteration: number;
  readonly policy: RecordedPolicyVersion;
  readonly reward: RewardSource;
  /** The candidate that is scored beside it. Never the rubric in force itself. */
  readonly shadowRubricHash: string | undefined;
  readonly klController: KlController;
  /** The first iteration in which the policy may move. */
  readonly policyHeldUntil: number;
  /** Prompt and answer tokens of all iterations before; undefined where the run began before they were counted. */
  readonly numTokens: number | undefined;
}

/**
 * A policy that was held has no new version, and says nothing about whether β is right; neither does a KL that is no
 * number, after which the run pauses.
 */
export function advanced(
  progress: Progress,
  policy: RecordedPolicyVersion,
  { update, advantages }: { readonly update: Update; readonly advantages: BatchAdvantages },
): Progress {
  const iteration = progress.iteration + 1;
  if (!update.hasMoved) return { ...progress, iteration };
  const { klPerSequence, trajectories } = advantages;
  const klController = Number.isFinite(klPerSequence)
    ? progress.klController.updated(klPerSequence, trajectories.length)
    : progress.klController;
  return { ...progress, iteration, policy, klController };
}

/** Where the run stands, as a checkpoint's manifest holds it. */
export function manifestOf({
  iteration,
  policy,
  reward,
  shadowRubricHash,
  klController,
  policyHeldUntil,
}: Progress): Omit<CheckpointManifest, 'policy' | 'critic' | 'rngSeed'> {
  const { version, hash, location } = policy;
  return {
    iteration,
    policyVersion: { version, hash, location },
    rubricHash: reward.rubricHash,
    ...(shadowRubricHash === undefined ? {} : { shadowRubricHash }),
    klController: klController.state,
    policyHeldUntil,
  };
}
