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
import type { HeldTask, WorkerState } from '../../core/domain/worker.js';
import { MajlisError } from '../../core/errors.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import { HandBack } from './hand-back.js';
import { HeldTasks } from './held-tasks.js';
import { PolicyGate } from './policy-gate.js';
import { ResultOutbox } from './result-outbox.js';
import type { RolloutWorkerObserver, RolloutWorkerOptions } from './rollout-worker-options.js';
import { TaskHandler } from './task-handler.js';
import { TaskPuller } from './task-puller.js';

export class RolloutWorker {
  private readonly name: string;
  private readonly observer: RolloutWorkerObserver;
  private readonly gate: PolicyGate;
  private readonly tasks: HeldTasks;
  private readonly puller: TaskPuller;
  private readonly draining = new AbortController();
  /** Fires when what is in work has to go back. */
  private readonly handingBack = new AbortController();
  private cancelDeadline = (): void => undefined;
  private published = 0;
  private askedAtMs: number | undefined;
  private current: WorkerState = 'INITIALIZED';

  constructor(private readonly options: RolloutWorkerOptions) {
    this.name = options.name ?? randomUUID();
    this.observer = options.observer ?? {};
    this.gate = new PolicyGate(options);
    this.tasks = new HeldTasks({
      clock: options.clock,
      everyMs: options.heartbeatMs,
      onFailure: (taskId, error) => this.observer.heartbeatFailed?.(taskId, error),
    });
    this.puller = new TaskPuller(options);
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
    return this.tasks.list();
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
    this.puller.pause();
  }

  resume(): void {
    this.puller.resume();
  }

  /** Loads a policy, and opens its tokenizer, before a task names it, once the engine is free. */
  async prepare(policyHash: string, signal: AbortSignal): Promise<void> {
    await this.gate.enter(policyHash, signal);
    this.gate.leave();
    this.observer.loadChanged?.();
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
      await this.work(new HandBack(AbortSignal.any([signal, this.handingBack.signal])));
      this.become('DRAINED');
      if (this.askedAtMs !== undefined) {
        this.observer.drained?.(this.options.clock.monotonic() - this.askedAtMs);
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
    this.observer.loadChanged?.();
  }

  private async work(handBack: HandBack): Promise<void> {
    const stop = AbortSignal.any([handBack.signal, this.draining.signal]);
    await this.puller.pullUntil(stop, (resultsTogether) => {
      const handler = this.openHandler(handBack, resultsTogether);
      return (delivery) => handler.handle(delivery);
    });
    this.become('DRAINING');
    await this.puller.whenIdle();
  }

  private openHandler(handBack: HandBack, resultsTogether: number): TaskHandler {
    const { bus, queues, engine, policies, clock, retryDelayMs, tracer } = this.options;
    const outbox = new ResultOutbox({
      ...{ bus, clock, queue: queues.results, retryMs: retryDelayMs, parcelSize: resultsTogether },
      nextId: (taskId) => this.nextPublishId(taskId),
      signal: handBack.signal,
    });
    return new TaskHandler({
      ...{ name: this.name, queues, engine, policies, retryDelayMs, observer: this.observer },
      ...(tracer === undefined || tracer === NO_TRACING ? {} : { tracer }),
      ...{ gate: this.gate, held: this.tasks, handBack, outbox },
    });
  }

  /** Of this publish alone: an id of the task would let the bus drop the answer to a reissued task. */
  private nextPublishId(taskId: string): string {
    this.published += 1;
    return `${taskId}/${this.name}/${this.published}`;
  }
}
