/**
 * The books of an async run: which tasks are open, how many may be issued, and which answers are still young enough.
 *
 * - A slot's number is used once in a run, across starts; it names the task, its seed and its prompt.
 * - Tasks issued less tasks dropped never exceed (iteration + maxStaleness + 1) × perIteration (AReaL's capacity rule), nor
 *   what the whole run consumes. A drop gives back exactly one place.
 * - Outstanding tasks never exceed their limit.
 * - The oldest admissible version never falls. A task's policy is admissible from that version on, or where it is the very
 *   policy that learns.
 */
import type { PolicyVersion } from '../../core/domain/policy.js';
import type { RolloutTask, TrajectoryGroup } from '../../core/domain/trajectory.js';
import { MajlisError } from '../../core/errors.js';

export interface SlotOptions {
  readonly perIteration: number;
  readonly iterations: number;
  readonly maxStaleness: number;
  readonly maxOutstanding: number;
}

/** Where a start of the run finds the books. */
export interface SlotStart {
  /** Slot numbers that were used before. */
  readonly used: number;
  /** Tasks that the iterations so far have consumed. */
  readonly consumed: number;
  /** Policies of earlier iterations, by hash. */
  readonly policies: readonly PolicyVersion[];
}

/** An open task: outstanding until it has a result. */
export interface Slot {
  readonly number: number;
  readonly task: RolloutTask;
  /** Times it was issued. */
  issue: number;
  result: TrajectoryGroup | undefined;
}

export class TaskSlots {
  private readonly slots = new Map<string, Slot>();
  private readonly versionByHash: Map<string, number>;
  private policy: PolicyVersion | undefined;
  private nextNumber: number;
  /** Issued less dropped. */
  private standing: number;
  private oldest = 0;

  constructor(
    private readonly options: SlotOptions,
    start: SlotStart,
  ) {
    this.nextNumber = start.used;
    this.standing = start.consumed;
    this.versionByHash = new Map(start.policies.map(({ hash, version }) => [hash, version]));
  }

  /** The oldest policy version whose answers may be consumed. */
  get oldestVersion(): number {
    return this.oldest;
  }

  /** Open tasks without a result, in the order of their last issue. */
  get outstanding(): readonly Slot[] {
    return [...this.slots.values()].filter(({ result }) => result === undefined);
  }

  /** Open tasks with a result. */
  get answered(): readonly Slot[] {
    return [...this.slots.values()].filter(({ result }) => result !== undefined);
  }

  /**
   * The policy that learns from now on. Where it is an earlier version's weights, the run was rolled back, and what the
   * versions in between answered is of no use, however young.
   */
  learnWith(policy: PolicyVersion): void {
    const last = this.policy;
    const isRolledBack =
      last !== undefined && last.hash !== policy.hash && this.versionByHash.has(policy.hash);
    const youngest = isRolledBack ? policy.version : policy.version - this.options.maxStaleness;
    this.oldest = Math.max(this.oldest, youngest);
    this.policy = policy;
    this.versionByHash.set(policy.hash, policy.version);
  }

  isAdmissible({ policyVersion, policyHash }: RolloutTask): boolean {
    return policyVersion >= this.oldest || policyHash === this.policy?.hash;
  }

  /** How many tasks may be issued now. */
  room(iteration: number): number {
    const { perIteration, iterations, maxStaleness, maxOutstanding } = this.options;
    const capacity = Math.min(iteration + maxStaleness + 1, iterations) * perIteration;
    return Math.max(0, Math.min(capacity - this.standing, maxOutstanding - this.outstanding.length));
  }

  /** Opens the next slots, as many as that; each is issued once. */
  open(count: number, taskOf: (slot: number) => RolloutTask): readonly Slot[] {
    return Array.from({ length: count }, () => {
      const slot: Slot = {
        number: this.nextNumber,
        task: taskOf(this.nextNumber),
        issue: 1,
        result: undefined,
      };
      this.nextNumber += 1;
      this.standing += 1;
      this.slots.set(slot.task.id, slot);
      return slot;
    });
  }

  find(taskId: string): Slot | undefined {
    return this.slots.get(taskId);
  }

  /** One more issue of an open task, which is now the last in line. */
  reissue(slot: Slot): void {
    slot.issue += 1;
    this.slots.delete(slot.task.id);
    this.slots.set(slot.task.id, slot);
  }

  /** Closes tasks that nobody will consume; each gives back its place. Returns how many were still open. */
  drop(taskIds: readonly string[]): number {
    const closed = taskIds.filter((id) => this.slots.delete(id)).length;
    this.standing -= closed;
    return closed;
  }

  /** Closes a task that is being consumed, and returns it. */
  consume(taskId: string): Slot & { readonly result: TrajectoryGroup } {
    const slot = this.slots.get(taskId);
    if (slot?.result === undefined) {
      throw new MajlisError(`task ${taskId} has no result to consume`, { code: 'internal' });
    }
    this.slots.delete(taskId);
    return { ...slot, result: slot.result };
  }
}
