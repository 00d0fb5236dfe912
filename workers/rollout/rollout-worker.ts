/**
 * One rollout worker: tasks in, answers out.
 *
 * - It pulls no more than it has free slots for, so tasks wait where every worker can reach them.
 * - The result is published, and stored by the bus, before the task is acknowledged. A worker that dies in between
 *   leaves a task that is delivered again and answered with the same bits.
 * - While it generates it extends its lease. A lease lost in spite of that costs work, never correctness.
 * - A task whose policy is too old to be consumed is handed back unanswered, with the reason as its result.
 * - It holds no state that a task does not name.
 */
import { randomUUID } from 'node:crypto';
import type { Bus, Delivery } from '../../core/bus/bus.js';
import { publishWhenThereIsRoom } from '../../core/bus/publish-when-there-is-room.js';
import type { RolloutQueueNames } from '../../core/bus/subjects.js';
import type { RolloutTask } from '../../core/domain/trajectory.js';
import type { Engine } from '../../core/engine/engine.js';
import type { PolicyLocator } from '../../core/engine/policy-locator.js';
import { MajlisError } from '../../core/errors.js';
import { decodeRolloutTask, encodeGivenUpTask, encodeTrajectoryGroup } from '../../core/rpc/rollout-codec.js';
import type { Clock } from '../../core/runtime/clock.js';
import { answerTask } from './answer-task.js';
import type { AnswerDecoder } from './answer-task.js';
import { PolicyGate } from './policy-gate.js';

/** A worker goes through these in order; FAILED ends it from anywhere. */
export type RolloutWorkerState = 'INITIALIZED' | 'RUNNING' | 'DRAINING' | 'DRAINED' | 'FAILED';

/** Who watches a worker; it never changes what the worker does. */
export interface RolloutWorkerObserver {
  /** `given_up`: its policy is older than what may still be sampled from. */
  taskDone?(task: RolloutTask, outcome: Outcome['kind']): void;
  /** `handling` says what becomes of the task: another worker gets it, or nobody does. */
  taskFailed?(taskId: string | undefined, error: MajlisError, handling: 'returned' | 'terminated'): void;
  /** The lease could not be extended; the task may be answered twice. */
  heartbeatFailed?(taskId: string, error: MajlisError): void;
}

export interface RolloutWorkerOptions {
  readonly bus: Bus;
  readonly queues: RolloutQueueNames;
  readonly engine: Engine;
  readonly policies: PolicyLocator;
  readonly decoder: AnswerDecoder;
  readonly clock: Clock;
  /** Tasks in work at a time. */
  readonly slots: number;
  /** Pause between two extensions of a lease; well below the queue's `ackWaitMs`. */
  readonly heartbeatMs: number;
  /** Pause before a failed task, or a refused publish, is tried again. */
  readonly retryDelayMs: number;
  readonly observer?: RolloutWorkerObserver;
}

/** What becomes of a task, with the bytes that say so. */
interface Outcome {
  readonly kind: 'answered' | 'given_up';
  readonly data: Uint8Array;
}

const PULL_WAIT_MS = 1000;

export class RolloutWorker {
  private readonly name = randomUUID();
  private readonly gate: PolicyGate;
  private readonly working = new Set<Promise<void>>();
  private readonly draining = new AbortController();
  private deliveries = 0;
  private current: RolloutWorkerState = 'INITIALIZED';

  constructor(private readonly options: RolloutWorkerOptions) {
    this.gate = new PolicyGate(options.engine, options.policies);
  }

  get state(): RolloutWorkerState {
    return this.current;
  }

  /** Takes no more tasks; `run` resolves when those in work are answered. */
  drain(): void {
    if (this.current === 'INITIALIZED' || this.current === 'RUNNING') this.current = 'DRAINING';
    this.draining.abort();
  }

  /** Works until it is drained (resolves), the signal fires (tasks in work go back; resolves) or the bus fails (rejects). */
  async run(signal: AbortSignal): Promise<void> {
    if (this.current === 'INITIALIZED') this.current = 'RUNNING';
    else if (this.current !== 'DRAINING') {
      throw new MajlisError(`a rollout worker runs once; this one is ${this.current}`, {
        code: 'failed_precondition',
      });
    }
    try {
      await this.pullUntilDrained(signal);
      this.current = 'DRAINING';
      await Promise.all(this.working);
      this.current = 'DRAINED';
    } catch (thrown) {
      this.current = 'FAILED';
      throw MajlisError.from(thrown);
    }
  }

  private async pullUntilDrained(signal: AbortSignal): Promise<void> {
    const { bus, queues, slots } = this.options;
    const stop = AbortSignal.any([signal, this.draining.signal]);
    while (!stop.aborted) {
      if (this.working.size >= slots) {
        await Promise.race(this.working);
        continue;
      }
      const pull = { max: slots - this.working.size, waitMs: PULL_WAIT_MS, signal: stop };
      const deliveries = await bus.pull(queues.tasks, pull).catch((thrown: unknown) => {
        if (stop.aborted) return [];
        throw thrown;
      });
      for (const delivery of deliveries) this.start(delivery, signal);
    }
  }

  private start(delivery: Delivery, signal: AbortSignal): void {
    const work = this.handle(delivery, signal).finally(() => this.working.delete(work));
    // A failure is raised where the set is awaited; this keeps Node from calling it unhandled before that.
    work.catch(() => undefined);
    this.working.add(work);
  }

  private async handle(delivery: Delivery, signal: AbortSignal): Promise<void> {
    let task: RolloutTask | undefined;
    let outcome: Outcome;
    const answered = new AbortController();
    try {
      task = decodeRolloutTask(delivery.data);
      const heartbeat = this.heartbeat(delivery, task.id, answered.signal);
      try {
        outcome = await this.outcome(task, signal);
        await this.publish(task, outcome.data, signal);
      } finally {
        answered.abort();
        await heartbeat;
      }
      await delivery.ack();
      this.options.observer?.taskDone?.(task, outcome.kind);
    } catch (thrown) {
      await this.giveUp(delivery, task?.id, MajlisError.from(thrown));
    }
  }

  private async outcome(task: RolloutTask, signal: AbortSignal): Promise<Outcome> {
    const { engine, decoder, policies } = this.options;
    const oldestVersion = await policies.oldestAdmissible(signal);
    const { id: taskId, policyVersion, policyHash } = task;
    if (policyVersion < oldestVersion) {
      return { kind: 'given_up', data: encodeGivenUpTask({ taskId, policyVersion, oldestVersion }) };
    }
    const work = (): ReturnType<typeof answerTask> => answerTask(task, { engine, decoder, signal });
    return {
      kind: 'answered',
      data: encodeTrajectoryGroup(await this.gate.withPolicy(policyHash, signal, work)),
    };
  }

  /** Stores the result. A full queue is waited for: the answer is already paid for, and the lease is being kept. */
  private async publish({ id, run }: RolloutTask, data: Uint8Array, signal: AbortSignal): Promise<void> {
    const { bus, queues, clock, retryDelayMs } = this.options;
    this.deliveries += 1;
    // Names this delivery alone: a dedupe id of the task would let the bus drop the answer to a reissued task.
    const dedupeId = `${id}/${this.name}/${this.deliveries}`;
    const room = { clock, retryMs: retryDelayMs, whileWaiting: async () => undefined, signal };
    await publishWhenThereIsRoom(bus, queues.results, { run, dedupeId, data }, room);
  }

  private async heartbeat(delivery: Delivery, taskId: string, answered: AbortSignal): Promise<void> {
    const { clock, heartbeatMs, observer } = this.options;
    for (;;) {
      try {
        await clock.sleep(heartbeatMs, answered);
        await delivery.working();
      } catch (thrown) {
        if (answered.aborted) return;
        observer?.heartbeatFailed?.(taskId, MajlisError.from(thrown));
        return;
      }
    }
  }

  /** What may work elsewhere or later goes back to the queue; what cannot work anywhere goes to the dead letters. */
  private async giveUp(delivery: Delivery, taskId: string | undefined, error: MajlisError): Promise<void> {
    const isReturned = error.isRetryable || error.code === 'cancelled';
    this.options.observer?.taskFailed?.(taskId, error, isReturned ? 'returned' : 'terminated');
    if (!isReturned) return delivery.terminate(error.message);
    await delivery.nak(error.code === 'cancelled' ? 0 : this.options.retryDelayMs);
  }
}
