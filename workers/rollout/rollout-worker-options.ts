import type { Bus } from '../../core/bus/bus.js';
import type { RolloutQueueNames } from '../../core/bus/subjects.js';
import type { PolicyVersion } from '../../core/domain/policy.js';
import type { Engine } from '../../core/engine/engine.js';
import type { PolicyLocator } from '../../core/engine/policy-locator.js';
import type { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import type { AnswerDecoder } from './answer-task.js';

/** What became of a task. `given_up`: its policy is older than what may still be sampled from. */
export type TaskOutcome = 'answered' | 'given_up';

/** Who watches a worker; it never changes what the worker does. */
export interface RolloutWorkerObserver {
  taskDone?(taskId: string, outcome: TaskOutcome): void;
  /** `handling` says what becomes of the task: another worker gets it, or nobody does. */
  taskFailed?(taskId: string | undefined, error: MajlisError, handling: 'returned' | 'terminated'): void;
  /** The lease could not be extended; the task may be answered twice. */
  heartbeatFailed?(taskId: string, error: MajlisError): void;
  /** It holds nothing any more, so long after it was asked to drain. */
  drained?(afterMs: number): void;
  /** It took its first task, holds none any more, or is in another state. */
  loadChanged?(): void;
}

export interface RolloutWorkerOptions {
  /** Told from others by it; one of its own making unless told. */
  readonly name?: string;
  readonly bus: Bus;
  readonly queues: RolloutQueueNames;
  readonly engine: Engine;
  readonly policies: PolicyLocator;
  /** The tokenizer that belongs to a policy. */
  readonly decoderOf: (policy: PolicyVersion) => Promise<AnswerDecoder>;
  readonly clock: Clock;
  /** Tasks in work at a time. */
  readonly slots: number;
  /** Pause between two extensions of a lease; well below the queue's `ackWaitMs`. */
  readonly heartbeatMs: number;
  /** Pause before a failed task, or a refused publish, is tried again. */
  readonly retryDelayMs: number;
  readonly observer?: RolloutWorkerObserver;
  /** Joins the trace that a task comes with; traces nothing unless told. */
  readonly tracer?: Tracer;
}
