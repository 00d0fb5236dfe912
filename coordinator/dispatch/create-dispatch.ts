import type { PolicyAnnouncer } from '../../core/engine/policy-locator.js';
import type { Scorer } from '../../core/scorer/scorer.js';
import type { AlgorithmOptions } from '../algorithm-options.js';
import { requireCorrection } from '../schedule/schedule-options.js';
import type { Schedule } from '../schedule/schedule-options.js';
import type { BatchScorer } from '../score/batch-scorer.js';
import { EagerScorer } from '../score/eager-scorer.js';
import { LockstepScorer } from '../score/lockstep-scorer.js';
import { AsyncDispatcher } from './async-dispatcher.js';
import type { Dispatcher, DispatcherOptions } from './dispatcher.js';
import { LockstepDispatcher } from './lockstep-dispatcher.js';

export interface DispatchSetting {
  readonly schedule: Schedule;
  readonly algorithm: AlgorithmOptions;
  readonly scorer: Scorer;
  readonly policyAnnouncer: PolicyAnnouncer;
}

/** The two components that a schedule decides on: how tasks go out and come back, and when answers are scored. */
export function createDispatch(
  { schedule, algorithm, scorer, policyAnnouncer }: DispatchSetting,
  options: DispatcherOptions,
): { readonly dispatcher: Dispatcher; readonly scorer: BatchScorer } {
  requireCorrection(schedule, algorithm);
  if (schedule.kind === 'lockstep') {
    return {
      dispatcher: new LockstepDispatcher(options),
      scorer: new LockstepScorer(scorer, options.tracer),
    };
  }
  const { promptsPerIteration: perIteration, iterations } = algorithm;
  const { maxStaleness } = schedule;
  // One iteration's worth at a time (AReaL's default): a task that waits longer in the queue is pinned to an older policy.
  const books = { perIteration, iterations, maxStaleness, maxOutstanding: perIteration };
  const eager = new EagerScorer(scorer, options.tracer);
  return {
    dispatcher: new AsyncDispatcher({ ...options, books, scorer: eager, policyAnnouncer }),
    scorer: eager,
  };
}
