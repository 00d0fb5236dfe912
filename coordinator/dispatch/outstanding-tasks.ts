import type { RolloutTask, TrajectoryGroup } from '../../core/domain/trajectory.js';
import { MajlisError } from '../../core/errors.js';
import type { IssuedTask } from '../../core/ledger/ledger.js';

interface Outstanding {
  readonly task: RolloutTask;
  issue: number;
  result: TrajectoryGroup | undefined;
}

/** One iteration's tasks: what was issued, how often, and what came back. Keeps the order it was given. */
export class OutstandingTasks {
  private readonly entries = new Map<string, Outstanding>();
  private answered = 0;

  constructor(tasks: readonly RolloutTask[]) {
    for (const task of tasks) this.entries.set(task.id, { task, issue: 0, result: undefined });
  }

  get size(): number {
    return this.entries.size;
  }

  get done(): number {
    return this.answered;
  }

  get isComplete(): boolean {
    return this.answered === this.entries.size;
  }

  task(id: string): RolloutTask | undefined {
    return this.entries.get(id)?.task;
  }

  /** Remembers an issue that was made before this start of the run. */
  wasIssued(id: string, issue: number): void {
    const entry = this.entries.get(id);
    if (entry !== undefined) entry.issue = Math.max(entry.issue, issue);
  }

  /** Counts one more issue for every task that has no result, and returns them. */
  nextIssue(deadlineMs: number): { readonly task: RolloutTask; readonly issued: IssuedTask }[] {
    return [...this.entries.values()]
      .filter(({ result }) => result === undefined)
      .map((entry) => {
        entry.issue += 1;
        const { task, issue } = entry;
        return { task, issued: { id: task.id, iteration: task.iteration, issue, deadlineMs } };
      });
  }

  /** Remembers the first result of a task; later ones change nothing. */
  fulfil(id: string, result: TrajectoryGroup): void {
    const entry = this.entries.get(id);
    if (entry === undefined || entry.result !== undefined) return;
    entry.result = result;
    this.answered += 1;
  }

  /** Every task with its result, in the order the tasks were given. */
  complete(): { readonly task: RolloutTask; readonly result: TrajectoryGroup }[] {
    return [...this.entries.values()].map(({ task, result }) => {
      if (result === undefined)
        throw new MajlisError(`task ${task.id} has no result yet`, { code: 'internal' });
      return { task, result };
    });
  }
}
