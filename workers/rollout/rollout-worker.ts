/**
 * One rollout worker: tasks in, answers out.
 *
 * - It pulls no more than it has free slots for, so tasks wait where every worker can reach them.
 * - The result is published, and stored by the bus, before the task is acknowledged. A worker that dies in between
 *   leaves a task that is delivered again and answered with the same bits.
 * - While it generates it extends its lease. A lease lost in spite of that costs work, never correctness.
 * - A task whose policy is too old to be consumed is handed back unanswered, with the reason as its result.
 * - What it cannot finish in time when it drains goes back to the queue, where it is leased again at once.
 * - It holds no state that a task does not name.
 */
import { randomUUID } from 'node:crypto';
import type { Bus, Delivery } from '../../core/bus/bus.js';
import type { RolloutQueueNames } from '../../core/bus/subjects.js';
import type { PolicyVersion } from '../../core/domain/policy.js';
import type { RolloutTask } from '../../core/domain/trajectory.js';
import { WORKER_HEADER } from '../../core/domain/worker.js';
import type { HeldTask, WorkerState } from '../../core/domain/worker.js';
import type { Engine } from '../../core/engine/engine.js';
import type { PolicyLocator } from '../../core/engine/policy-locator.js';
import { MajlisError } from '../../core/errors.js';
import { decodeRolloutTask, encodeGivenUpTask, encodeTrajectoryGroup } from '../../core/rpc/rollout-codec.js';
import type { Clock } from '../../core/runtime/clock.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import { SPAN_ATTRIBUTES } from '../../core/telemetry/tracing/span-attributes.js';
import type { Span, Tracer } from '../../core/telemetry/tracing/tracer.js';
import { answerTask } from './answer-task.js';
import type { AnswerDecoder } from './answer-task.js';
import { HandBack } from './hand-back.js';
import { LeaseKeeper } from './lease-keeper.js';
import { PolicyGate } from './policy-gate.js';
import { ResultOutbox } from './result-outbox.js';

/** Who watches a worker; it never changes what the worker does. */
export interface RolloutWorkerObserver {
  /** `given_up`: its policy is older than what may still be sampled from. */
  taskDone?(task: RolloutTask, outcome: Outcome['kind']): void;
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

/** What becomes of a task, with the bytes that say so. */
interface Outcome {
  readonly kind: 'answered' | 'given_up';
  readonly data: Uint8Array;
}

const PULL_WAIT_MS = 1000;

export class RolloutWorker {
  private readonly name: string;
  private readonly gate: PolicyGate;
  private readonly leases: LeaseKeeper;
  private readonly working = new Set<Promise<void>>();
  /** Wakes `pullUntilDrained` when a task in work has ended. */
  private taskEnded = (): void => undefined;
  private failure: MajlisError | undefined;
  private readonly inWork = new Map<Delivery, { readonly taskId: string; readonly since: number }>();
  private readonly draining = new AbortController();
  /** Fires when what is in work has to go back. */
  private readonly handingBack = new AbortController();
  private cancelDeadline = (): void => undefined;
  private paused: { readonly over: Promise<void>; readonly end: () => void } | undefined;
  private pulling = new AbortController();
  /** While it runs. */
  private outbox: ResultOutbox | undefined;
  private handBack: HandBack | undefined;
  private published = 0;
  private askedAtMs: number | undefined;
  private current: WorkerState = 'INITIALIZED';

  constructor(private readonly options: RolloutWorkerOptions) {
    this.name = options.name ?? randomUUID();
    this.gate = new PolicyGate(options.engine, options.policies);
    this.leases = new LeaseKeeper({ clock: options.clock, everyMs: options.heartbeatMs });
  }

  private get tracer(): Tracer {
    return this.options.tracer ?? NO_TRACING;
  }

  get state(): WorkerState {
    return this.current;
  }

  /** Of the loaded policy; undefined while there is none. */
  get policyHash(): string | undefined {
    return this.gate.loadedHash;
  }

  /** The tasks in work. */
  get held(): readonly HeldTask[] {
    const now = this.options.clock.monotonic();
    return [...this.inWork.values()].map(({ taskId, since }) => ({ taskId, heldMs: now - since }));
  }

  /**
   * Takes no more tasks; `run` resolves when those in work are answered or, after that many milliseconds, have gone back to
   * the queue. Without a limit it waits for them; a second call may only shorten the wait.
   */
  drain(limitMs?: number): void {
    if (this.current === 'INITIALIZED' || this.current === 'RUNNING') this.become('DRAINING');
    if (!this.draining.signal.aborted) this.askedAtMs = this.options.clock.monotonic();
    this.draining.abort();
    if (limitMs === undefined) return;
    this.cancelDeadline();
    if (limitMs <= 0) this.handingBack.abort();
    else this.cancelDeadline = this.options.clock.alarm(limitMs, () => this.handingBack.abort());
  }

  /** Takes no tasks until `resume`; those in work are answered. */
  pause(): void {
    if (this.paused !== undefined) return;
    let end = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.paused = { over, end };
    this.pulling.abort();
  }

  resume(): void {
    this.paused?.end();
    this.paused = undefined;
  }

  /** Loads a policy before a task names it, once the engine is free. */
  async prepare(policyHash: string, signal: AbortSignal): Promise<void> {
    await this.gate.withPolicy(policyHash, signal, async () => undefined);
    this.options.observer?.loadChanged?.();
  }

  /** Works until it is drained (resolves), the signal fires (tasks in work go back; resolves) or the bus fails (rejects). */
  async run(signal: AbortSignal): Promise<void> {
    if (this.current === 'INITIALIZED') this.become('RUNNING');
    else if (this.current !== 'DRAINING') {
      throw new MajlisError(`a rollout worker runs once; this one is ${this.current}`, {
        code: 'failed_precondition',
      });
    }
    try {
      const goBack = AbortSignal.any([signal, this.handingBack.signal]);
      this.handBack = new HandBack(goBack);
      await this.pullUntilDrained(goBack);
      this.become('DRAINING');
      await Promise.all(this.working);
      if (this.failure !== undefined) throw this.failure;
      this.become('DRAINED');
      if (this.askedAtMs !== undefined) {
        this.options.observer?.drained?.(this.options.clock.monotonic() - this.askedAtMs);
      }
    } catch (thrown) {
      this.become('FAILED');
      throw MajlisError.from(thrown);
    } finally {
      this.cancelDeadline();
    }
  }

  private become(state: WorkerState): void {
    if (this.current === state) return;
    this.current = state;
    this.options.observer?.loadChanged?.();
  }

  private async pullUntilDrained(signal: AbortSignal): Promise<void> {
    const { slots } = this.options;
    const stop = AbortSignal.any([signal, this.draining.signal]);
    const stopped = new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      else stop.addEventListener('abort', () => resolve(), { once: true });
    });
    // One that is held back asks nothing: before the first run of the pool nobody has made its queues.
    if (this.paused !== undefined) await Promise.race([this.paused.over, stopped]);
    if (stop.aborted) return;
    const parcelSizes = await Promise.race([this.parcelSizes(stop), stopped]);
    if (parcelSizes === undefined) return;
    this.outbox = this.openOutbox(parcelSizes.results);
    // What comes in parcels is asked for when there is room for one.
    const least = Math.min(slots, parcelSizes.tasks);
    while (!stop.aborted) {
      if (this.failure !== undefined) throw this.failure;
      if (this.paused !== undefined) await Promise.race([this.paused.over, stopped]);
      else if (this.working.size > slots - least) await this.freeSlot();
      else for (const delivery of await this.pull(stop)) this.start(delivery, signal);
    }
  }

  /** How many parts go together in either queue, as soon as the bus can say. */
  private async parcelSizes(
    stop: AbortSignal,
  ): Promise<{ readonly tasks: number; readonly results: number }> {
    const { bus, queues, clock, retryDelayMs } = this.options;
    for (;;) {
      try {
        return { tasks: await bus.parcelSize(queues.tasks), results: await bus.parcelSize(queues.results) };
      } catch (thrown) {
        if (MajlisError.from(thrown).code !== 'unavailable') throw thrown;
      }
      await clock.sleep(retryDelayMs, stop);
    }
  }

  private openOutbox(parcelSize: number): ResultOutbox {
    const { bus, queues, clock, retryDelayMs: retryMs } = this.options;
    // Of this publish alone: an id of the task would let the bus drop the answer to a reissued task.
    const nextId = (taskId: string): string => {
      this.published += 1;
      return `${taskId}/${this.name}/${this.published}`;
    };
    return new ResultOutbox({ bus, queue: queues.results, clock, retryMs, parcelSize, nextId });
  }

  /** Resolves when a task in work has ended. */
  private freeSlot(): Promise<void> {
    return new Promise((resolve) => {
      this.taskEnded = resolve;
    });
  }

  private async pull(stop: AbortSignal): Promise<readonly Delivery[]> {
    const { bus, queues, slots } = this.options;
    this.pulling = new AbortController();
    const signal = AbortSignal.any([stop, this.pulling.signal]);
    const pull = { max: slots - this.working.size, waitMs: PULL_WAIT_MS, signal };
    try {
      return await bus.pull(queues.tasks, pull);
    } catch (thrown) {
      if (signal.aborted) return [];
      throw thrown;
    }
  }

  private start(delivery: Delivery, signal: AbortSignal): void {
    const work = this.traced(delivery, signal)
      .catch((thrown: unknown) => {
        this.failure ??= MajlisError.from(thrown);
      })
      .finally(() => {
        this.working.delete(work);
        this.taskEnded();
      });
    this.working.add(work);
  }

  /** In the trace of the task, as far as its issuer traces. */
  private traced(delivery: Delivery, signal: AbortSignal): Promise<void> {
    const { queues } = this.options;
    const attributes = {
      [SPAN_ATTRIBUTES.messagingOperation]: 'process',
      [SPAN_ATTRIBUTES.messagingDestination]: queues.tasks,
      [SPAN_ATTRIBUTES.attempt]: delivery.attempt,
      [SPAN_ATTRIBUTES.run]: delivery.run,
    };
    return this.tracer.span(
      'process rollout task',
      { kind: 'consumer', parent: delivery.headers, attributes },
      (span) => this.handle(delivery, span, signal),
    );
  }

  private async handle(delivery: Delivery, span: Span, signal: AbortSignal): Promise<void> {
    let task: RolloutTask | undefined;
    try {
      task = decodeRolloutTask(delivery.data);
      span.set({ [SPAN_ATTRIBUTES.task]: task.id, [SPAN_ATTRIBUTES.policyVersion]: task.policyVersion });
      this.hold(delivery, task.id);
      const kind = await this.answer(delivery, task, signal);
      await delivery.ack();
      span.set({ [SPAN_ATTRIBUTES.outcome]: kind });
      this.options.observer?.taskDone?.(task, kind);
    } catch (thrown) {
      const error = MajlisError.from(thrown);
      span.set({ [SPAN_ATTRIBUTES.errorType]: error.code });
      await this.giveUp(delivery, task?.id, error);
    } finally {
      this.letGo(delivery);
    }
  }

  private hold(delivery: Delivery, taskId: string): void {
    this.inWork.set(delivery, { taskId, since: this.options.clock.monotonic() });
    if (this.inWork.size === 1) this.options.observer?.loadChanged?.();
  }

  private letGo(delivery: Delivery): void {
    const was = this.inWork.delete(delivery);
    if (was && this.inWork.size === 0) this.options.observer?.loadChanged?.();
  }

  /** Publishes what became of the task, under a lease that is kept as long as that takes. */
  private async answer(delivery: Delivery, task: RolloutTask, signal: AbortSignal): Promise<Outcome['kind']> {
    const { observer } = this.options;
    this.leases.keep(delivery, (thrown) => observer?.heartbeatFailed?.(task.id, MajlisError.from(thrown)));
    try {
      const outcome = this.outcome(task, signal);
      const { kind, data } = await (this.handBack?.unless(outcome) ?? outcome);
      await this.publish(task, data, signal);
      return kind;
    } finally {
      this.leases.release(delivery);
    }
  }

  private async outcome(task: RolloutTask, signal: AbortSignal): Promise<Outcome> {
    const { engine, decoderOf, policies } = this.options;
    const { id: taskId, run, policyVersion, policyHash } = task;
    const oldestVersion = await policies.oldestAdmissible(run, signal);
    if (policyVersion < oldestVersion) {
      return { kind: 'given_up', data: encodeGivenUpTask({ taskId, policyVersion, oldestVersion }) };
    }
    const work = async (policy: PolicyVersion): ReturnType<typeof answerTask> =>
      answerTask(task, { engine, decoder: await decoderOf(policy), signal });
    return {
      kind: 'answered',
      data: encodeTrajectoryGroup(await this.gate.withPolicy(policyHash, signal, work)),
    };
  }

  /** Stores the result. A full queue is waited for: the answer is already paid for, and the lease is being kept. */
  private async publish({ id, run }: RolloutTask, data: Uint8Array, signal: AbortSignal): Promise<void> {
    const attributes = {
      [SPAN_ATTRIBUTES.messagingOperation]: 'send',
      [SPAN_ATTRIBUTES.messagingDestination]: this.options.queues.results,
      [SPAN_ATTRIBUTES.messagingBodySize]: data.byteLength,
    };
    await this.tracer.span('publish result', { kind: 'producer', attributes }, async () => {
      const headers = { [WORKER_HEADER]: this.name, ...this.tracer.inject() };
      await this.outbox?.publish({ taskId: id, run, data, headers }, signal);
    });
  }

  /** What may work elsewhere or later goes back to the queue; what cannot work anywhere goes to the dead letters. */
  private async giveUp(delivery: Delivery, taskId: string | undefined, error: MajlisError): Promise<void> {
    const isReturned = error.isRetryable || error.code === 'cancelled';
    this.options.observer?.taskFailed?.(taskId, error, isReturned ? 'returned' : 'terminated');
    if (!isReturned) return delivery.terminate(error.message);
    await delivery.nak(error.code === 'cancelled' ? 0 : this.options.retryDelayMs);
  }
}
