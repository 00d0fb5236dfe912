import type { RolloutTask, TrajectoryGroup } from '../../core/domain/trajectory.js';
import { MajlisError } from '../../core/errors.js';
import type { IssuedTask } from '../../core/ledger/ledger.js';

interface Outstanding {
  readonly task: RolloutTask;
  issue: number;
  /** Issues by this start of the run. */
  issuedHere: number;
  result: TrajectoryGroup | undefined;
}

/** One iteration's tasks: what was issued, how often, and what came back. Keeps the order it was given. */
export class OutstandingTasks {
  private readonly entries = new Map<string, Outstanding>();
  /** Tasks without a result whose issue is recorded, in the order of their last issue. */
  private readonly line = new Set<string>();
  /** Those that were not, in the order they were given. */
  private readonly unissued = new Set<string>();

  constructor(tasks: readonly RolloutTask[]) {
    for (const task of tasks) {
      this.entries.set(task.id, { task, issue: 0, issuedHere: 0, result: undefined });
      this.unissued.add(task.id);
    }
  }

  get size(): number {
    return this.entries.size;
  }

  get done(): number {
    return this.entries.size - this.missing;
  }

  get isComplete(): boolean {
    return this.missing === 0;
  }

  /** How many have no result. */
  get missing(): number {
    return this.line.size + this.unissued.size;
  }

  /** Ids of the tasks without a result whose issue is recorded, in the order of their last issue. */
  get issued(): readonly string[] {
    return [...this.line];
  }

  /** The first of those that are still to be issued, up to so many. */
  nextToIssue(count: number): readonly string[] {
    const next: string[] = [];
    for (const id of this.unissued) {
      if (next.length === count) break;
      next.push(id);
    }
    return next;
  }

  /** An earlier start of the run issued all that have no result. */
  wereIssued(): void {
    for (const id of this.unissued) this.line.add(id);
    this.unissued.clear();
  }

  find(id: string): { readonly task: RolloutTask } | undefined {
    return this.entries.get(id);
  }

  /** Issues of a task by this start of the run; those of earlier starts do not count. */
  issuesOf(id: string): number {
    return this.entries.get(id)?.issuedHere ?? 0;
  }

  /** Remembers an issue that was made before this start of the run. */
  wasIssued(id: string, issue: number): void {
    const entry = this.entries.get(id);
    if (entry !== undefined) entry.issue = Math.max(entry.issue, issue);
  }

  /** Counts one more issue for those of the tasks that have no result, and returns them: to be recorded. */
  issue(
    ids: readonly string[],
    deadlineMs: number,
  ): { readonly task: RolloutTask; readonly issued: IssuedTask }[] {
    return ids.flatMap((id) => {
      const entry = this.entries.get(id);
      if (entry === undefined || entry.result !== undefined) return [];
      entry.issue += 1;
      entry.issuedHere += 1;
      const { task, issue } = entry;
      return [{ task, issued: { id, iteration: task.iteration, issue, deadlineMs } }];
    });
  }

  /** The ledger knows of the issue: those that still have no result are the last in line. */
  wereRecorded(ids: readonly string[]): void {
    for (const id of ids) {
      this.unissued.delete(id);
      this.line.delete(id);
      if (this.entries.get(id)?.result === undefined) this.line.add(id);
    }
  }

  /** Remembers the first result of a task; later ones change nothing. */
  fulfil(id: string, result: TrajectoryGroup): void {
    const entry = this.entries.get(id);
    if (entry === undefined || entry.result !== undefined) return;
    entry.result = result;
    this.line.delete(id);
    this.unissued.delete(id);
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
