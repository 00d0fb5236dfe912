import type { Refusal } from './dispatch/refusal.js';
import type { PauseKind } from './health/pause-reason.js';

/** Something that needs a person's eye; the run goes on unless it says that it pauses. */
export interface RunAlarm {
  readonly kind:
    | 'conflicting_result'
    | 'refused_result'
    | 'tasks_reissued'
    | 'task_dead_lettered'
    | 'queue_starved'
    | 'bus_unavailable'
    | 'many_answers_excluded'
    | 'update_skipped'
    | 'loss_not_finite'
    | 'shadow_failed'
    | PauseKind;
  readonly message: string;
}

/** One finished iteration, for progress bars and curves. */
export interface IterationFinished {
  readonly iteration: number;
  readonly iterations: number;
  /** The policy after the iteration. */
  readonly policyHash: string;
  readonly rubricHash: string;
  /** The same that the ledger holds for it. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Milliseconds by stage: collect, evaluate, advantages, update, journal, publish. */
  readonly milliseconds: Readonly<Record<string, number>>;
}

/** The answers that an iteration learned from. */
export interface BatchConsumed {
  /** The policy version after the iteration. */
  readonly policyVersion: number;
  /** For people. */
  readonly rubricId: string;
  /** Policy versions that each group was behind; 0 for the very policy that learns. [group] */
  readonly staleness: readonly number[];
  /** Normalized scores of the answers that have one. */
  readonly scores: readonly number[];
}

/** Who watches a run. Observers never change it; every method may be absent. */
export interface RunObserver {
  iterationFinished?(event: IterationFinished): void;
  /** Answers of the iteration that have come back, of all. */
  answersCollected?(event: { readonly iteration: number; readonly done: number; readonly all: number }): void;
  /** Tasks that were put on their way; `again` where an earlier issue did not come back. */
  tasksIssued?(event: { readonly count: number; readonly again: boolean }): void;
  /** Tasks that ended without being consumed. */
  tasksEnded?(event: { readonly count: number; readonly end: 'dropped' | 'dead_lettered' }): void;
  /** What an iteration learned from; its tasks have ended as consumed. */
  batchConsumed?(event: BatchConsumed): void;
  /** A result that does not count, which is in the dead letters now, and the worker that it says it is from. */
  resultRefused?(refusal: Refusal, worker?: string): void;
  /** A result that says nothing new: its task has ended, or has this very result. */
  resultRepeated?(): void;
  alarm?(alarm: RunAlarm): void;
}
