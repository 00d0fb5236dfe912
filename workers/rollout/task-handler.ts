/**
 * The way of one task: decoded, answered, its result stored, acknowledged.
 *
 * - The result is stored by the bus before the task is acknowledged.
 * - While a task is in work its lease is extended, a full queue of results included.
 * - What may work elsewhere or later goes back to the queue; what cannot work anywhere goes to the dead letters.
 */
import type { Delivery, MessageHeaders } from '../../core/bus/bus.js';
import type { RolloutTask } from '../../core/domain/trajectory.js';
import { WORKER_HEADER } from '../../core/domain/worker.js';
import { MajlisError } from '../../core/errors.js';
import { decodeRolloutTask, encodeGivenUpTask, encodeTrajectoryGroup } from '../../core/rpc/rollout-codec.js';
import { SPAN_ATTRIBUTES } from '../../core/telemetry/tracing/span-attributes.js';
import type { Span, Tracer } from '../../core/telemetry/tracing/tracer.js';
import { answerTask } from './answer-task.js';
import type { HandBack } from './hand-back.js';
import type { HeldTasks, Holding } from './held-tasks.js';
import type { PolicyGate } from './policy-gate.js';
import type { ResultOutbox } from './result-outbox.js';
import type { RolloutWorkerOptions, RolloutWorkerObserver, TaskOutcome } from './rollout-worker-options.js';

export interface TaskHandlerOptions extends Pick<
  RolloutWorkerOptions,
  'queues' | 'engine' | 'policies' | 'retryDelayMs'
> {
  /** Of the worker. */
  readonly name: string;
  readonly observer: RolloutWorkerObserver;
  /** Traces nothing, and at no cost for a task, without one. */
  readonly tracer?: Tracer;
  readonly gate: PolicyGate;
  readonly held: HeldTasks;
  readonly handBack: HandBack;
  readonly outbox: ResultOutbox;
}

/** What becomes of a task, with the bytes that say so. */
interface Outcome {
  readonly taskId: string;
  readonly run: string;
  readonly kind: TaskOutcome;
  readonly data: Uint8Array;
}

export class TaskHandler {
  /** Of every result. */
  private readonly headers: MessageHeaders;

  constructor(private readonly options: TaskHandlerOptions) {
    this.headers = { [WORKER_HEADER]: options.name };
  }

  /**
   * Resolves when the task is acknowledged or has gone elsewhere; rejects where the bus failed. In the trace of the task,
   * as far as its issuer traces.
   */
  handle(delivery: Delivery): Promise<void> {
    const { queues, tracer } = this.options;
    if (tracer === undefined) return this.settle(delivery);
    const attributes = {
      [SPAN_ATTRIBUTES.messagingOperation]: 'process',
      [SPAN_ATTRIBUTES.messagingDestination]: queues.tasks,
      [SPAN_ATTRIBUTES.attempt]: delivery.attempt,
      [SPAN_ATTRIBUTES.run]: delivery.run,
    };
    const options = { kind: 'consumer', parent: delivery.headers, attributes } as const;
    return tracer.span('process rollout task', options, (span) => this.settle(delivery, span));
  }

  /** Keeps no more than what is still needed: with short tasks, hundreds wait here for their results to be stored. */
  private async settle(delivery: Delivery, span?: Span): Promise<void> {
    const { observer } = this.options;
    let holding: Holding | undefined;
    try {
      const taken = this.take(delivery, span);
      holding = taken.holding;
      const { taskId, run, kind, data } = await taken.outcome;
      await this.publish({ taskId, run, data });
      await delivery.ack();
      span?.set({ [SPAN_ATTRIBUTES.outcome]: kind });
      observer.taskDone?.(taskId, kind);
    } catch (thrown) {
      const error = MajlisError.from(thrown);
      span?.set({ [SPAN_ATTRIBUTES.errorType]: error.code });
      await this.giveUp(delivery, holding?.taskId, error);
    } finally {
      if (holding !== undefined) this.letGo(holding);
    }
  }

  /** Begins to work on a task, which is then held. */
  private take(
    delivery: Delivery,
    span?: Span,
  ): { readonly holding: Holding; readonly outcome: Promise<Outcome> } {
    const { held, observer, handBack } = this.options;
    const task = decodeRolloutTask(delivery.data);
    span?.set({ [SPAN_ATTRIBUTES.task]: task.id, [SPAN_ATTRIBUTES.policyVersion]: task.policyVersion });
    const holding = held.hold(delivery, task.id);
    if (held.size === 1) observer.loadChanged?.();
    return { holding, outcome: handBack.unless(this.outcome(task)) };
  }

  private letGo(holding: Holding): void {
    const { held, observer } = this.options;
    held.letGo(holding);
    if (held.size === 0) observer.loadChanged?.();
  }

  private async outcome(task: RolloutTask): Promise<Outcome> {
    const { engine, gate, policies, handBack } = this.options;
    const { signal } = handBack;
    const { id: taskId, run, policyVersion } = task;
    const oldestVersion = policies.oldestAdmissible(run);
    if (policyVersion < oldestVersion) {
      const data = encodeGivenUpTask({ taskId, policyVersion, oldestVersion });
      return { taskId, run, kind: 'given_up', data };
    }
    const decoder = await gate.enter(task.policyHash, signal);
    try {
      const group = await answerTask(task, { engine, decoder, signal });
      return { taskId, run, kind: 'answered', data: encodeTrajectoryGroup(group) };
    } finally {
      gate.leave();
    }
  }

  /** Stores the result. A full queue is waited for: the answer is already paid for, and the lease is being kept. */
  private publish({ taskId, run, data }: Omit<Outcome, 'kind'>): Promise<void> {
    const { queues, tracer, outbox } = this.options;
    if (tracer === undefined) return outbox.publish({ taskId, run, data, headers: this.headers });
    const attributes = {
      [SPAN_ATTRIBUTES.messagingOperation]: 'send',
      [SPAN_ATTRIBUTES.messagingDestination]: queues.results,
      [SPAN_ATTRIBUTES.messagingBodySize]: data.byteLength,
    };
    return tracer.span('publish result', { kind: 'producer', attributes }, () =>
      outbox.publish({ taskId, run, data, headers: { ...this.headers, ...tracer.inject() } }),
    );
  }

  private async giveUp(delivery: Delivery, taskId: string | undefined, error: MajlisError): Promise<void> {
    const { observer, retryDelayMs } = this.options;
    const isReturned = error.isRetryable || error.code === 'cancelled';
    observer.taskFailed?.(taskId, error, isReturned ? 'returned' : 'terminated');
    if (!isReturned) return delivery.terminate(error.message);
    await delivery.nak(error.code === 'cancelled' ? 0 : retryDelayMs);
  }
}
