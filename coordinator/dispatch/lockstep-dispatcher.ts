/**
 * Lockstep: an iteration's tasks go out together, and it begins to learn when all are back.
 *
 * - The ledger knows a task before the bus does, and a result before the bus forgets it: issue, publish; store the
 *   payload, accept, acknowledge.
 * - A result is admitted because its task is outstanding and its hashes match. The first stored result of a task
 *   wins; another payload for the same task is an alarm and changes nothing.
 * - What was taken and did not come back is issued again, under a new issue number. The deadline runs only while no
 *   task waits in the queue, so a slow fleet is not mistaken for a dead one.
 * - A run that goes on takes what the ledger already accepted, and issues only what is missing.
 * - The batch is complete and keeps the schedule's order. It does not depend on the number of workers, on time, or on
 *   the run's id (task ids do, which is why they do not order it).
 */
import type { DeadLetter, Delivery } from '../../core/bus/bus.js';
import type { RolloutTask, TrajectoryGroup } from '../../core/domain/trajectory.js';
import { MajlisError } from '../../core/errors.js';
import { decodeTrajectoryGroup } from '../../core/rpc/rollout-codec.js';
import type { RunAlarm } from '../run-observer.js';
import { refusalOf } from './admission.js';
import type { Dispatcher, DispatcherOptions } from './dispatcher.js';
import { OutstandingTasks } from './outstanding-tasks.js';
import type { IterationPlan, RolloutBatch } from './rollout-batch.js';
import { rolloutTasks } from './rollout-tasks.js';
import { storeResult } from './store-result.js';
import { StoredResults } from './stored-results.js';
import { TaskOutbox } from './task-outbox.js';

const PULL_MAX = 64;
const PULL_WAIT_MS = 250;

export class LockstepDispatcher implements Dispatcher {
  /** Iterations of this run's earlier tasks, so that a late second result is still compared with the first. */
  private readonly earlier = new Map<string, RolloutTask>();
  private readonly outbox: TaskOutbox;
  private lastProgress = 0;
  /** Issues of the current iteration by this start of the run; earlier starts do not count. */
  private rounds = 0;

  private readonly stored: StoredResults;
  /** False from the first iteration on that no earlier start of the run had begun. */
  private mayBeStored = true;

  constructor(private readonly options: DispatcherOptions) {
    const { bus, queues, ledger, artifacts, engineFingerprint } = options;
    this.outbox = new TaskOutbox(bus, queues.tasks);
    this.stored = new StoredResults(ledger, artifacts, engineFingerprint);
  }

  /** Issues the iteration's tasks and returns when each has its result. Rejects with `cancelled` on the signal. */
  async collect(plan: IterationPlan, signal: AbortSignal): Promise<RolloutBatch> {
    const { schedule, tasks, bus, queues } = this.options;
    const outstanding = new OutstandingTasks(rolloutTasks(plan, schedule.promptsFor(plan.iteration), tasks));
    this.rounds = 0;
    if (this.mayBeStored) {
      this.mayBeStored = await this.stored.restore(tasks.run, plan.iteration, outstanding);
    }
    if (!outstanding.isComplete) await this.issue(outstanding);
    while (!outstanding.isComplete) {
      await this.outbox.flush();
      const pull = { max: PULL_MAX, waitMs: PULL_WAIT_MS, signal };
      const deliveries = await bus.pull(queues.results, pull);
      await Promise.all(deliveries.map((delivery) => this.receive(delivery, outstanding)));
      await this.watchProgress(outstanding, deliveries.length, plan.iteration);
    }
    const groups = outstanding.complete();
    for (const { task } of groups) this.earlier.set(task.id, task);
    return { plan, groups };
  }

  /** Nothing is issued outside `collect`. */
  async hold(): Promise<void> {}

  /** A run that is cancelled before an iteration it had begun in an earlier start still has that one's tasks. */
  async finish(): Promise<void> {
    await this.options.ledger.dropOpenTasks(this.options.tasks.run);
  }

  /** Nothing goes on outside `collect`. */
  async close(): Promise<void> {}

  private async issue(outstanding: OutstandingTasks): Promise<void> {
    const { ledger, tasks, clock, reissueAfterMs } = this.options;
    const issues = outstanding.nextIssue(clock.now() + reissueAfterMs);
    await ledger.issueTasks(
      tasks.run,
      issues.map(({ issued }) => issued),
    );
    this.outbox.clear();
    for (const { task, issued } of issues) this.outbox.add(task, issued.issue);
    this.rounds += 1;
    this.lastProgress = clock.monotonic();
  }

  private async receive(delivery: Delivery, outstanding: OutstandingTasks): Promise<void> {
    const result = this.decoded(delivery);
    if (result instanceof MajlisError)
      return this.refuse(delivery, `a result is unreadable: ${result.message}`);
    const task = outstanding.task(result.taskId) ?? this.earlier.get(result.taskId);
    if (task === undefined) return this.refuse(delivery, `no task ${result.taskId} was issued`);
    const refusal = refusalOf(result, task, this.options.engineFingerprint);
    if (refusal !== undefined) return this.refuse(delivery, `result of ${task.id} was refused: ${refusal}`);
    await this.store(delivery.data, task, () => outstanding.fulfil(task.id, result));
    await delivery.ack();
  }

  private decoded(delivery: Delivery): TrajectoryGroup | MajlisError {
    try {
      return decodeTrajectoryGroup(delivery.data);
    } catch (thrown) {
      return MajlisError.from(thrown);
    }
  }

  private async store(data: Uint8Array, task: RolloutTask, fulfil: () => void): Promise<void> {
    const { run, id: taskId, iteration } = task;
    const { verdict, payloadHash } = await storeResult(this.options, { run, taskId, iteration, data });
    switch (verdict) {
      case 'accepted':
      case 'duplicate':
        return fulfil();
      case 'conflict':
        return this.alarm(
          'conflicting_result',
          `task ${task.id} came back with another payload, ${payloadHash}`,
        );
      case 'unknown_task':
        throw new MajlisError(`the ledger does not know task ${task.id}, which was issued`, {
          code: 'internal',
        });
    }
  }

  private async refuse(delivery: Delivery, reason: string): Promise<void> {
    this.alarm('refused_result', reason);
    await delivery.terminate(reason);
  }

  private async watchProgress(
    outstanding: OutstandingTasks,
    received: number,
    iteration: number,
  ): Promise<void> {
    const { bus, queues, clock, observer, reissueAfterMs } = this.options;
    if (received > 0) {
      observer.answersCollected?.({ iteration, done: outstanding.done, all: outstanding.size });
    }
    if (outstanding.isComplete) return;
    const isWaiting = this.outbox.size > 0 || (await bus.status(queues.tasks)).pending > 0;
    if (received > 0 || isWaiting) this.lastProgress = clock.monotonic();
    if (clock.monotonic() - this.lastProgress >= reissueAfterMs) await this.reissue(outstanding);
  }

  private async reissue(outstanding: OutstandingTasks): Promise<void> {
    const missing = outstanding.size - outstanding.done;
    if (this.rounds >= this.options.maxIssues) {
      const reason = (await this.lastDeadLetter())?.reason ?? 'no worker said why';
      throw new MajlisError(`${missing} tasks never came back after ${this.rounds} issues: ${reason}`, {
        code: 'deadline_exceeded',
      });
    }
    this.alarm('tasks_reissued', `${missing} tasks did not come back and are issued again`);
    await this.issue(outstanding);
  }

  private async lastDeadLetter(): Promise<DeadLetter | undefined> {
    const { bus, queues } = this.options;
    const { lastDeadLetter } = await bus.status(queues.tasks);
    const [letter] = await bus.deadLetters(queues.tasks, { after: lastDeadLetter - 1, max: 1 });
    return letter;
  }

  private alarm(kind: RunAlarm['kind'], message: string): void {
    this.options.observer.alarm?.({ kind, message });
  }
}
