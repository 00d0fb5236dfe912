/**
 * Lockstep: an iteration's tasks go out together, and it begins to learn when all are back.
 *
 * - The ledger knows a task before the bus does, and a result before the bus forgets it: issue, publish; store the
 *   payload, accept, acknowledge.
 * - A result is admitted because its task is outstanding and its hashes match. The first stored result of a task
 *   wins; another payload for the same task is an alarm and changes nothing.
 * - A task that was taken and did not come back by its deadline is issued again, whole, under a new issue number. Time in
 *   the queue does not count, so a slow fleet is not mistaken for a dead one.
 * - A run that goes on takes what the ledger already accepted, and waits for what is still on the bus; it issues only what
 *   is in neither.
 * - While the bus cannot be reached the run waits.
 * - The batch is complete and keeps the schedule's order. It does not depend on the number of workers, on time, or on
 *   the run's id (task ids do, which is why they do not order it).
 */
import type { DeadLetter, Delivery } from '../../core/bus/bus.js';
import type { RolloutTask } from '../../core/domain/trajectory.js';
import { MajlisError } from '../../core/errors.js';
import { allOrNone } from './all-or-none.js';
import { BusPatience } from './bus-patience.js';
import type { Dispatcher, DispatcherOptions } from './dispatcher.js';
import { dropOpenTasks } from './drop-open-tasks.js';
import { LostTasks } from './lost-tasks.js';
import { OutstandingTasks } from './outstanding-tasks.js';
import { ResultIntake } from './result-intake.js';
import type { IterationPlan, RolloutBatch } from './rollout-batch.js';
import { rolloutTasks } from './rollout-tasks.js';
import { StoredResults } from './stored-results.js';
import { TaskOutbox } from './task-outbox.js';
import { traceAdmissions } from './trace-admissions.js';

const ISSUE_TOGETHER = 256;
const PULL_MAX = 256;
const PULL_WAIT_MS = 250;

export class LockstepDispatcher implements Dispatcher {
  private readonly outbox: TaskOutbox;
  private readonly intake: ResultIntake<{ readonly task: RolloutTask }>;
  private readonly lostTasks: LostTasks;
  private readonly patience: BusPatience;
  private readonly stored: StoredResults;
  /** False from the first iteration on that no earlier start of the run had begun. */
  private mayBeStored = true;

  constructor(private readonly options: DispatcherOptions) {
    const { bus, queues, ledger, artifacts, tracer, engineFingerprint } = options;
    this.outbox = new TaskOutbox(bus, queues.tasks, tracer);
    this.intake = new ResultIntake(options);
    this.lostTasks = new LostTasks(options);
    this.patience = new BusPatience(options);
    this.stored = new StoredResults(ledger, artifacts, engineFingerprint);
  }

  /** Issues the iteration's tasks and returns when each has its result. Rejects with `cancelled` on the signal. */
  async collect(plan: IterationPlan, signal: AbortSignal): Promise<RolloutBatch> {
    const { schedule, tasks } = this.options;
    const outstanding = new OutstandingTasks(rolloutTasks(plan, schedule.promptsFor(plan.iteration), tasks));
    if (await this.wasBegun(plan.iteration, outstanding, signal)) outstanding.wereIssued();
    else this.outbox.clear();
    await allOrNone(signal, [
      (until) => this.issueAll(outstanding, until),
      (until) => this.receiveAll(plan.iteration, outstanding, until),
    ]);
    return { plan, groups: outstanding.complete() };
  }

  /** Nothing is issued outside `collect`. */
  async hold(): Promise<void> {}

  /** A run stands still between iterations, where each task has its result. */
  async withdraw(): Promise<void> {}

  /** A run that is cancelled before an iteration it had begun in an earlier start still has that one's tasks. */
  async finish(): Promise<void> {
    const { bus, queues, tasks } = this.options;
    await dropOpenTasks(this.options);
    await this.patience.attempt(() => bus.purge(queues.tasks, tasks.run));
  }

  /** Nothing goes on outside `collect`. */
  async close(): Promise<void> {}

  /** Whether an earlier start began the iteration, and nothing of it has to be issued. */
  private async wasBegun(
    iteration: number,
    outstanding: OutstandingTasks,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (!this.mayBeStored) return false;
    this.mayBeStored = await this.stored.restore(this.options.tasks.run, iteration, outstanding);
    if (!this.mayBeStored || outstanding.isComplete) return outstanding.isComplete;
    return this.patience.keep(() => this.isOnBus(outstanding.missing), signal);
  }

  /** Whether the bus still has so many tasks, or results of them. What was delivered to an earlier start comes again first. */
  private async isOnBus(tasks: number): Promise<boolean> {
    const { bus, queues } = this.options;
    await bus.restoreConsumer(queues.results);
    const statuses = await Promise.all([bus.status(queues.tasks), bus.status(queues.results)]);
    return statuses.reduce((sum, { pending, leased }) => sum + pending + leased, 0) >= tasks;
  }

  /** In parts, so that the first tasks are under way while the last are written down, and no part holds up the thread. */
  private async issueAll(outstanding: OutstandingTasks, signal: AbortSignal): Promise<void> {
    for (;;) {
      const ids = outstanding.nextToIssue(ISSUE_TOGETHER);
      // Who receives tells why it ends.
      if (ids.length === 0 || signal.aborted) return;
      await this.issue(outstanding, ids);
      await this.outbox.flush();
    }
  }

  private async receiveAll(
    iteration: number,
    outstanding: OutstandingTasks,
    signal: AbortSignal,
  ): Promise<void> {
    while (!outstanding.isComplete) {
      await this.patience.keep(() => this.turn(iteration, outstanding, signal), signal);
    }
  }

  private async issue(outstanding: OutstandingTasks, ids: readonly string[], again = false): Promise<void> {
    const { ledger, tasks, clock, observer, reissueAfterMs } = this.options;
    const issues = outstanding.issue(ids, clock.now() + reissueAfterMs);
    await ledger.issueTasks(
      tasks.run,
      issues.map(({ issued }) => issued),
    );
    outstanding.wereRecorded(ids);
    for (const { task, issued } of issues) this.outbox.add(task, issued.issue);
    observer.tasksIssued?.({ count: issues.length, again });
  }

  /** Sends what waits, takes what came, looks for what was lost. */
  private async turn(iteration: number, outstanding: OutstandingTasks, signal: AbortSignal): Promise<void> {
    const { bus, queues, observer } = this.options;
    await this.outbox.flush();
    const pull = { max: PULL_MAX, waitMs: PULL_WAIT_MS, signal };
    const deliveries = await bus.pull(queues.results, pull);
    if (deliveries.length > 0) {
      this.lostTasks.heard();
      await this.receive(deliveries, outstanding);
      observer.answersCollected?.({ iteration, done: outstanding.done, all: outstanding.size });
    }
    if (!outstanding.isComplete) await this.reissueLost(outstanding);
  }

  private async receive(deliveries: readonly Delivery[], outstanding: OutstandingTasks): Promise<void> {
    const areAdmitted = await traceAdmissions(this.options.tracer, deliveries, {
      admit: () => this.admit(deliveries, outstanding),
      outcomeOf: (isAdmitted) => (isAdmitted ? 'admitted' : 'refused'),
    });
    const known = deliveries.filter((_, at) => areAdmitted[at]);
    await Promise.all(known.map((delivery) => delivery.ack()));
  }

  /** False for a delivery that was refused. [delivery] */
  private async admit(
    deliveries: readonly Delivery[],
    outstanding: OutstandingTasks,
  ): Promise<readonly boolean[]> {
    const { intake } = this;
    const sorted = deliveries.map((delivery) => intake.sort(delivery, (id) => outstanding.find(id)));
    const stored = await intake.store(sorted.filter((one) => one.kind === 'answer'));
    for (const { open, group } of stored) outstanding.fulfil(open.task.id, group);
    return Promise.all(
      sorted.map(async (one) => {
        switch (one.kind) {
          case 'answer':
            return stored.has(one);
          case 'refused':
            return intake.refuse(one.delivery, one.refusal);
          // No policy is too old in lockstep: a worker that gave the task up anyway leaves it to be issued again.
          case 'given_up':
            return intake.late({ delivery: one.delivery, taskId: one.open.task.id, isAnswer: false });
          case 'closed':
            return intake.late(one);
        }
      }),
    );
  }

  private async reissueLost(outstanding: OutstandingTasks): Promise<void> {
    const { observer, maxIssues } = this.options;
    const { lost } = (await this.lostTasks.look(outstanding.issued, this.outbox.size)) ?? { lost: [] };
    if (lost.length === 0) return;
    const given = lost.filter((id) => outstanding.issuesOf(id) >= maxIssues);
    if (given.length > 0) {
      const reason = (await this.lastDeadLetter())?.reason ?? 'no worker said why';
      throw new MajlisError(`${given.length} tasks never came back after ${maxIssues} issues: ${reason}`, {
        code: 'deadline_exceeded',
      });
    }
    const message = `${lost.length} tasks did not come back and are issued again`;
    observer.alarm?.({ kind: 'tasks_reissued', message });
    await this.issue(outstanding, lost, true);
    this.lostTasks.reissued(lost);
  }

  private async lastDeadLetter(): Promise<DeadLetter | undefined> {
    const { bus, queues } = this.options;
    const { lastDeadLetter } = await bus.status(queues.tasks);
    const [letter] = await bus.deadLetters(queues.tasks, { after: lastDeadLetter - 1, max: 1 });
    return letter;
  }
}
