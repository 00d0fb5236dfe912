/**
 * Async: generation and scoring go on while the run learns.
 *
 * - Tasks are numbered slots. Each takes the next place of the prompt schedule and is pinned to the newest policy; how many
 *   there may be is the books' (`TaskSlots`). A drop is refilled by exactly one task.
 * - The ledger knows a task before the bus does, a result before the bus forgets it, and a drop before it is refilled.
 * - An iteration consumes the first groups that came back, were scored under its reward and are not too old. Too old is
 *   enforced at issue (capacity), at the lease (workers give such tasks up), on arrival and at consumption.
 * - Every task ends as consumed, dropped or dead-lettered. A start of the run drops what an earlier one left open; a run
 *   that ends drops the rest.
 * - Nothing is issued between `hold` and the next `collect`. What a paused run withdrew is issued again after it.
 * - While the bus cannot be reached the run waits.
 */
import type { Delivery } from '../../core/bus/bus.js';
import type { TrajectoryGroup } from '../../core/domain/trajectory.js';
import type { PolicyAnnouncer } from '../../core/engine/policy-locator.js';
import { BadInputError, MajlisError } from '../../core/errors.js';
import { decodeRolloutTask } from '../../core/rpc/rollout-codec.js';
import type { EagerScorer } from '../score/eager-scorer.js';
import { AsyncIntake } from './async-intake.js';
import type { Arrival } from './async-intake.js';
import { BusPatience } from './bus-patience.js';
import { Change } from './change.js';
import type { Dispatcher, DispatcherOptions } from './dispatcher.js';
import { dropOpenTasks } from './drop-open-tasks.js';
import { LostTasks } from './lost-tasks.js';
import { ResultIntake } from './result-intake.js';
import type { IterationPlan, RolloutBatch } from './rollout-batch.js';
import { slotTask } from './slot-task.js';
import { TaskOutbox } from './task-outbox.js';
import { TaskSlots } from './task-slots.js';
import { traceAdmissions } from './trace-admissions.js';
import type { Slot, SlotOptions } from './task-slots.js';

export interface AsyncDispatcherOptions extends DispatcherOptions {
  readonly books: SlotOptions;
  readonly scorer: EagerScorer;
  readonly policyAnnouncer: PolicyAnnouncer;
}

/** What a start of the run works on, from its first iteration on. */
interface Books {
  readonly slots: TaskSlots;
  readonly intake: AsyncIntake;
}

const PULL_MAX = 256;
const PULL_WAIT_MS = 250;

export class AsyncDispatcher implements Dispatcher {
  private readonly outbox: TaskOutbox;
  private readonly lostTasks: LostTasks;
  private readonly patience: BusPatience;
  private readonly change = new Change();
  private readonly stop = new AbortController();
  private books: Books | undefined;
  private plan: IterationPlan | undefined;
  private isHeld = true;
  private isWithdrawn = false;
  private issuing: Promise<void> = Promise.resolve();
  /** Slots of the books that the ledger could not be told of: they go with the next issue. */
  private readonly unrecorded = new Set<Slot>();
  private pumping: Promise<void> = Promise.resolve();
  private failure: MajlisError | undefined;
  private droppedStale = 0;
  private consumedStale = 0;
  private lastDeadLetter = 0;
  /** Dead letters since the last answer that was accepted. */
  private deadInARow = 0;

  constructor(private readonly options: AsyncDispatcherOptions) {
    this.outbox = new TaskOutbox(options.bus, options.queues.tasks, options.tracer);
    this.lostTasks = new LostTasks(options);
    this.patience = new BusPatience(options);
    options.scorer.onChange = () => this.change.happened();
  }

  async collect(plan: IterationPlan, signal: AbortSignal): Promise<RolloutBatch> {
    this.books ??= await this.begin(plan.iteration, signal);
    await this.follow(plan, this.books.slots);
    const wake = (): void => this.change.happened();
    signal.addEventListener('abort', wake);
    try {
      return await this.readyBatch(plan, this.books, signal);
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  async hold(): Promise<void> {
    this.isHeld = true;
    await this.issuing;
  }

  async withdraw(): Promise<void> {
    await this.hold();
    if (this.books === undefined) return;
    const { bus, queues, tasks } = this.options;
    this.isWithdrawn = true;
    this.outbox.clear();
    this.unrecorded.clear();
    await this.patience.attempt(() => bus.purge(queues.tasks, tasks.run));
  }

  async finish(): Promise<void> {
    await this.close();
    const { bus, queues, tasks } = this.options;
    await this.patience.attempt(() => bus.purge(queues.tasks, tasks.run));
    await dropOpenTasks(this.options);
  }

  async close(): Promise<void> {
    this.isHeld = true;
    this.stop.abort();
    this.options.scorer.close();
    // Whatever failed in them has failed the run already, or came too late to matter to it.
    await Promise.allSettled([this.pumping, this.issuing]);
  }

  /** Opens the books where the ledger stands. What an earlier start left open is dropped, and so is asked for anew. */
  private async begin(iteration: number, signal: AbortSignal): Promise<Books> {
    const { ledger, tasks, books } = this.options;
    await dropOpenTasks(this.options);
    this.lastDeadLetter = await this.patience.keep(() => this.emptyQueue(), signal);
    const used = await ledger.taskCount(tasks.run);
    const policies = await ledger.policyVersions(tasks.run);
    const consumed = iteration * books.perIteration;
    const slots = new TaskSlots(books, { used, consumed, policies });
    const intake = new AsyncIntake(new ResultIntake(this.options), slots);
    this.pumping = this.pump({ slots, intake });
    return { slots, intake };
  }

  /** Returns the number of the last dead letter so far. */
  private async emptyQueue(): Promise<number> {
    const { bus, queues, tasks } = this.options;
    await bus.purge(queues.tasks, tasks.run);
    return (await bus.status(queues.tasks)).lastDeadLetter;
  }

  private async follow(plan: IterationPlan, slots: TaskSlots): Promise<void> {
    const { scorer, policyAnnouncer } = this.options;
    this.plan = plan;
    slots.learnWith(plan.policy);
    await policyAnnouncer.retireBefore(slots.oldestVersion);
    scorer.payBy(plan.reward);
    this.isHeld = false;
    if (this.isWithdrawn) await this.sendAgain(slots);
  }

  /** What was withdrawn and did not come back all the same. */
  private async sendAgain(slots: TaskSlots): Promise<void> {
    this.isWithdrawn = false;
    const { outstanding } = slots;
    for (const slot of outstanding) slots.reissue(slot);
    this.lostTasks.reissued(outstanding.map(({ task }) => task.id));
    await this.inTurn(() => this.send(outstanding));
  }

  private async readyBatch(plan: IterationPlan, books: Books, signal: AbortSignal): Promise<RolloutBatch> {
    const { scorer, observer } = this.options;
    const { perIteration } = this.options.books;
    for (;;) {
      const changed = this.change.next();
      signal.throwIfAborted();
      const failure = this.failure ?? scorer.failure;
      if (failure !== undefined) throw failure;
      await this.patience.keep(() => this.renew(books), signal);
      const ready = scorer.scored.slice(0, perIteration);
      observer.answersCollected?.({ iteration: plan.iteration, done: ready.length, all: perIteration });
      if (ready.length === perIteration) return this.consume(plan, books, ready);
      await changed;
    }
  }

  private async renew(books: Books): Promise<void> {
    await this.dropTooOld(books, books.slots.answered);
    await this.fill(books.slots);
  }

  private consume(plan: IterationPlan, { slots }: Books, taskIds: readonly string[]): RolloutBatch {
    const groups = taskIds.map((id) => slots.consume(id)).sort((one, other) => one.number - other.number);
    this.consumedStale += groups.filter(({ task }) => task.policyHash !== plan.policy.hash).length;
    const { droppedStale, consumedStale } = this;
    return { plan, groups, overlap: { droppedStale, consumedStale } };
  }

  /** Issues what there is room for. */
  private fill(slots: TaskSlots): Promise<void> {
    return this.inTurn(async () => {
      const { plan } = this;
      if (plan === undefined) return;
      await this.send(slots.open(slots.room(plan.iteration), (slot) => slotTask(slot, plan, this.options)));
    });
  }

  /**
   * Issues take turns, so that room is never counted twice; while the run is held there are none. A failure is told to whoever
   * issued, and the next turn comes all the same.
   */
  private inTurn(issue: () => Promise<void>): Promise<void> {
    const issued = this.issuing.then(async () => {
      if (!this.isHeld) await issue();
    });
    this.issuing = issued.catch(() => undefined);
    return issued;
  }

  private async send(slots: readonly Slot[]): Promise<void> {
    for (const slot of slots) this.unrecorded.add(slot);
    if (this.unrecorded.size === 0) return;
    const { ledger, tasks, clock, reissueAfterMs } = this.options;
    const deadlineMs = clock.now() + reissueAfterMs;
    const sent = [...this.unrecorded];
    await ledger.issueTasks(
      tasks.run,
      sent.map(({ task: { id, iteration }, issue }) => ({ id, iteration, issue, deadlineMs })),
    );
    this.unrecorded.clear();
    for (const { task, issue } of sent) this.outbox.add(task, issue);
    this.tellIssued(sent);
    await this.outbox.flush();
  }

  private tellIssued(slots: readonly Slot[]): void {
    const first = slots.filter(({ issue }) => issue === 1).length;
    const { observer } = this.options;
    if (first > 0) observer.tasksIssued?.({ count: first, again: false });
    if (first < slots.length) observer.tasksIssued?.({ count: slots.length - first, again: true });
  }

  /** Receives and refills for as long as the run lasts. A failure is raised where the loop next asks for a batch. */
  private async pump(books: Books): Promise<void> {
    const { signal } = this.stop;
    try {
      while (!signal.aborted) await this.patience.keep(() => this.turn(books), signal);
    } catch (thrown) {
      if (!signal.aborted) this.failure = MajlisError.from(thrown);
      this.change.happened();
    }
  }

  private async turn(books: Books): Promise<void> {
    const { bus, queues } = this.options;
    const pull = { max: PULL_MAX, waitMs: PULL_WAIT_MS, signal: this.stop.signal };
    const deliveries = await bus.pull(queues.results, pull);
    if (deliveries.length > 0) this.lostTasks.heard();
    await this.receive(deliveries, books);
    await this.outbox.flush();
    if (!this.isHeld) await this.endLost(books);
    await this.fill(books.slots);
  }

  /** Answers first: a task that one worker answered and another gave up is answered. */
  private async receive(deliveries: readonly Delivery[], books: Books): Promise<void> {
    const arrivals = await this.admit(deliveries, books);
    for (const arrival of arrivals) {
      // While a repeat was being stored, its task may have been consumed or dropped.
      if (arrival.kind !== 'answered' || books.slots.find(arrival.slot.task.id) === undefined) continue;
      this.answered(arrival.slot, arrival.result);
    }
    const slots = new Set(arrivals.flatMap((arrival) => ('slot' in arrival ? [arrival.slot] : [])));
    const unanswered = [...slots].filter(({ result }) => result === undefined);
    await this.drop(books, unanswered);
    // The newest policy may have changed while an answer was being stored.
    await this.dropTooOld(
      books,
      [...slots].filter(({ result }) => result !== undefined),
    );
    const read = deliveries.filter((_, at) => arrivals[at].kind !== 'refused');
    await Promise.all(read.map((delivery) => delivery.ack()));
  }

  private admit(deliveries: readonly Delivery[], { intake }: Books): Promise<readonly Arrival[]> {
    return traceAdmissions(this.options.tracer, deliveries, {
      admit: () => intake.admit(deliveries),
      outcomeOf: ({ kind }) => kind,
    });
  }

  private answered(slot: Slot, result: TrajectoryGroup): void {
    this.deadInARow = 0;
    slot.result ??= result;
    this.options.scorer.begin({ task: slot.task, result: slot.result });
  }

  private async dropTooOld(books: Books, slots: readonly Slot[]): Promise<void> {
    await this.drop(
      books,
      slots.filter(({ task }) => !books.slots.isAdmissible(task)),
    );
  }

  private async drop(books: Books, slots: readonly Slot[]): Promise<void> {
    const open = slots.filter(({ task }) => books.slots.find(task.id) !== undefined);
    if (open.length === 0) return;
    this.droppedStale += await this.end(books, open, 'dropped');
    this.change.happened();
  }

  private async end(books: Books, slots: readonly Slot[], end: 'dropped' | 'dead_lettered'): Promise<number> {
    const { ledger, scorer, observer, tasks } = this.options;
    const ids = slots.map(({ task }) => task.id);
    await ledger.endTasks(
      tasks.run,
      slots.map(({ task: { iteration, id } }) => ({ iteration, id })),
      end,
    );
    observer.tasksEnded?.({ count: ids.length, end });
    for (const id of ids) scorer.forget(id);
    return books.slots.drop(ids);
  }

  /** Ends what is in the dead letters; what was taken and did not come back in time is dropped or issued again. */
  private async endLost(books: Books): Promise<void> {
    const { maxIssues } = this.options;
    // The ledger cannot end what it was not told of; it is told with the next issue.
    if (this.unrecorded.size > 0) return;
    const outstanding = books.slots.outstanding.map(({ task }) => task.id);
    const look = await this.lostTasks.look(outstanding, this.outbox.size);
    if (look === undefined) return;
    // A bus whose store was lost numbers its letters from 1 again.
    if (look.lastDeadLetter < this.lastDeadLetter) this.lastDeadLetter = 0;
    if (look.lastDeadLetter > this.lastDeadLetter) await this.endDead(books);
    const overdue = look.lost.flatMap((id) => books.slots.find(id) ?? []);
    const young = overdue.filter(({ task }) => books.slots.isAdmissible(task));
    await this.dropTooOld(books, overdue);
    await this.reissue(
      books,
      young.filter(({ issue }) => issue < maxIssues),
    );
    const dead = young.filter(({ issue }) => issue >= maxIssues);
    for (const slot of dead) await this.bury(books, slot, `it never came back after ${maxIssues} issues`);
  }

  private async reissue({ slots }: Books, overdue: readonly Slot[]): Promise<void> {
    if (overdue.length === 0) return;
    for (const slot of overdue) slots.reissue(slot);
    this.lostTasks.reissued(overdue.map(({ task }) => task.id));
    const message = `${overdue.length} tasks did not come back and are issued again`;
    this.options.observer.alarm?.({ kind: 'tasks_reissued', message });
    await this.inTurn(() => this.send(overdue));
  }

  /** What one reading leaves is read at the next turn. */
  private async endDead(books: Books): Promise<void> {
    const { bus, queues } = this.options;
    const unread = { after: this.lastDeadLetter, max: PULL_MAX };
    for (const { number, data, reason } of await bus.deadLetters(queues.tasks, unread)) {
      this.lastDeadLetter = number;
      const slot = books.slots.find(taskIdOf(data));
      if (slot !== undefined && slot.result === undefined) await this.bury(books, slot, reason);
    }
  }

  /** A task that cannot be done is replaced; the run fails where as many in a row as it may issue at all cannot. */
  private async bury(books: Books, slot: Slot, reason: string): Promise<void> {
    const { observer, maxIssues } = this.options;
    await this.end(books, [slot], 'dead_lettered');
    this.deadInARow += 1;
    const message = `task ${slot.task.id} is dead and another takes its place: ${reason}`;
    observer.alarm?.({ kind: 'task_dead_lettered', message });
    if (this.deadInARow < maxIssues * this.options.books.maxOutstanding) return;
    throw new MajlisError(`${this.deadInARow} tasks in a row could not be done: ${reason}`, {
      code: 'deadline_exceeded',
    });
  }
}

/** Empty where the bytes are no task: then its lease runs out, and it is issued again. */
function taskIdOf(data: Uint8Array): string {
  try {
    return decodeRolloutTask(data).id;
  } catch (thrown) {
    if (thrown instanceof BadInputError) return '';
    throw thrown;
  }
}
