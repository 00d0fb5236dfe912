import type { ArtifactStore } from '../../core/artifacts/artifact-store.js';
import type { Bus } from '../../core/bus/bus.js';
import type { RolloutQueueNames } from '../../core/bus/subjects.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import type { PromptSchedule } from '../prompts/prompt-schedule.js';
import type { RunObserver } from '../run-observer.js';
import type { IterationPlan, RolloutBatch } from './rollout-batch.js';
import type { RolloutTaskOptions } from './rollout-tasks.js';

/** Rollout tasks out, answers back: how they overlap with learning is the schedule's. */
export interface Dispatcher {
  /** The answers that the iteration learns from. Rejects with `cancelled` on the signal. */
  collect(plan: IterationPlan, signal: AbortSignal): Promise<RolloutBatch>;
  /** Resolves when no task will be issued before the next `collect`: the run may stand still in between. */
  hold(): Promise<void>;
  /**
   * Takes back what no worker has finished, until the next `collect`: the run is paused, and nothing of it is to be worked on.
   * What comes back all the same counts.
   */
  withdraw(): Promise<void>;
  /** The run has ended: what is still outstanding, or came back and was not consumed, ends as dropped. */
  finish(): Promise<void>;
  /** Stops what goes on beside the loop; every task stays as the ledger has it. */
  close(): Promise<void>;
}

/** What every dispatcher works with. */
export interface DispatcherOptions {
  readonly bus: Bus;
  readonly ledger: Ledger;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  readonly observer: RunObserver;
  /** Traces nothing unless told. */
  readonly tracer?: Tracer;
  readonly schedule: PromptSchedule;
  readonly tasks: RolloutTaskOptions;
  readonly queues: RolloutQueueNames;
  /** The one engine fingerprint of the run; results of another are refused. */
  readonly engineFingerprint: string;
  /** How long a task may be away, once it has left the queue, before it is issued again. */
  readonly reissueAfterMs: number;
  /** How long tasks may be outstanding with none of them in the queue or leased, before that is taken for a loss. */
  readonly starvedAfterMs: number;
  /** Issues of one task after which the run fails (lockstep) or the task is given up for dead (async). */
  readonly maxIssues: number;
}
