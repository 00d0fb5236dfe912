/**
 * Watches whether a policy games its reward: figures that join those of the iteration, for the health guard to judge and
 * for people to read.
 *
 * - It never changes what a run learns: it draws from no stream of the run and leaves every model alone.
 * - Equal iterations have equal figures, so that one that is done again after a crash is recorded as it was.
 * - A failure is thrown; it never becomes a figure.
 */
import type { RewardedTrajectory } from '../../core/domain/reward.js';
import type { RolloutBatch } from '../dispatch/rollout-batch.js';
import { styleFigures } from './style-figures.js';

/** An iteration's answers, and what they were paid, in the batch's order. */
export interface WatchedIteration {
  readonly batch: RolloutBatch;
  readonly rewards: readonly RewardedTrajectory[];
}

/** Metrics by name; a figure that the iteration cannot give is absent. */
export type WatchFigures = Readonly<Record<string, number>>;

export class RewardWatch {
  /** The figures of an iteration, to be recorded with it. */
  async measure(iteration: WatchedIteration, signal: AbortSignal): Promise<WatchFigures> {
    signal.throwIfAborted();
    return styleFigures(iteration);
  }
}
