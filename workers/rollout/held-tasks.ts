import type { Delivery } from '../../core/bus/bus.js';
import type { HeldTask } from '../../core/domain/worker.js';
import { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';

export interface HeldTasksOptions {
  readonly clock: Clock;
  /** Longest time between two extensions of a lease, in milliseconds. */
  readonly everyMs: number;
  /** Told of an extension that failed. */
  readonly onFailure: (taskId: string, error: MajlisError) => void;
}

type Lease = Pick<Delivery, 'working'>;

interface Held {
  readonly taskId: string;
  /** Monotonic milliseconds. */
  readonly since: number;
  extendedAt: number;
}

/**
 * The tasks that a worker has in work. Their leases are extended, all by one timer. An extension that fails is told and
 * tried again at the next turn: until then the task may be delivered to another worker, which costs work and nothing else.
 */
export class HeldTasks {
  private readonly held = new Map<Lease, Held>();
  private cancelAlarm: (() => void) | undefined;

  constructor(private readonly options: HeldTasksOptions) {}

  get size(): number {
    return this.held.size;
  }

  /** In the order of taking. */
  list(): readonly HeldTask[] {
    const now = this.options.clock.monotonic();
    return [...this.held.values()].map(({ taskId, since }) => ({ taskId, heldMs: now - since }));
  }

  /** Undefined where it is not held: what was delivered is no task that can be read. */
  taskOf(lease: Lease): string | undefined {
    return this.held.get(lease)?.taskId;
  }

  /** From now on it is in work, under a lease that has just begun. */
  hold(lease: Lease, taskId: string): void {
    const since = this.options.clock.monotonic();
    this.held.set(lease, { taskId, since, extendedAt: since });
    this.cancelAlarm ??= this.nextTurn();
  }

  /** False where it was not held. */
  letGo(lease: Lease): boolean {
    const wasHeld = this.held.delete(lease);
    if (this.held.size === 0) {
      this.cancelAlarm?.();
      this.cancelAlarm = undefined;
    }
    return wasHeld;
  }

  /** Turns come twice as often as extensions are due, so that none is late by more than its own interval. */
  private nextTurn(): () => void {
    const { clock, everyMs } = this.options;
    return clock.alarm(everyMs / 2, () => {
      const due = clock.monotonic() - everyMs / 2;
      for (const [lease, held] of this.held) if (held.extendedAt <= due) this.extend(lease, held);
      this.cancelAlarm = this.nextTurn();
    });
  }

  private extend(lease: Lease, held: Held): void {
    held.extendedAt = this.options.clock.monotonic();
    lease.working().catch((thrown: unknown) => {
      if (this.held.get(lease) === held) this.options.onFailure(held.taskId, MajlisError.from(thrown));
    });
  }
}
