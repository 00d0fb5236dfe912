import type { Delivery } from '../../core/bus/bus.js';
import type { HeldTask } from '../../core/domain/worker.js';
import { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import { Slots } from './slots.js';

export interface HeldTasksOptions {
  readonly clock: Clock;
  /** Longest time between two extensions of a lease, in milliseconds. */
  readonly everyMs: number;
  /** Told of an extension that failed. */
  readonly onFailure: (taskId: string, error: MajlisError) => void;
}

/** A task in work, from `hold` to `letGo`. */
export interface Holding {
  readonly taskId: string;
  readonly lease: Pick<Delivery, 'working'>;
  /** Monotonic milliseconds. */
  readonly since: number;
  extendedAt: number;
  place: number;
}

/**
 * The tasks that a worker has in work. Their leases are extended, all by one timer. An extension that fails is told and
 * tried again at the next turn: until then the task may be delivered to another worker, which costs work and nothing else.
 */
export class HeldTasks {
  private readonly held = new Slots<Holding>();
  private cancelAlarm: (() => void) | undefined;

  constructor(private readonly options: HeldTasksOptions) {}

  get size(): number {
    return this.held.size;
  }

  list(): readonly HeldTask[] {
    const now = this.options.clock.monotonic();
    return this.held.list().map(({ taskId, since }) => ({ taskId, heldMs: now - since }));
  }

  /** From now on it is in work, under a lease that has just begun. */
  hold(lease: Holding['lease'], taskId: string): Holding {
    const since = this.options.clock.monotonic();
    const holding = { taskId, lease, since, extendedAt: since, place: 0 };
    holding.place = this.held.put(holding);
    this.cancelAlarm ??= this.nextTurn();
    return holding;
  }

  letGo({ place }: Holding): void {
    this.held.clear(place);
    if (this.held.size > 0) return;
    this.cancelAlarm?.();
    this.cancelAlarm = undefined;
  }

  /** Turns come twice as often as extensions are due, so that none is late by more than its own interval. */
  private nextTurn(): () => void {
    const { clock, everyMs } = this.options;
    return clock.alarm(everyMs / 2, () => {
      const due = clock.monotonic() - everyMs / 2;
      for (const held of this.held.list()) if (held.extendedAt <= due) this.extend(held);
      this.cancelAlarm = this.nextTurn();
    });
  }

  private extend(held: Holding): void {
    held.extendedAt = this.options.clock.monotonic();
    held.lease.working().catch((thrown: unknown) => {
      if (this.held.at(held.place) === held) this.options.onFailure(held.taskId, MajlisError.from(thrown));
    });
  }
}
