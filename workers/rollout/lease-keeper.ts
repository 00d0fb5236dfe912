import type { Delivery } from '../../core/bus/bus.js';
import type { Clock } from '../../core/runtime/clock.js';

export interface LeaseKeeperOptions {
  readonly clock: Clock;
  /** Longest time between two extensions of a lease, in milliseconds. */
  readonly everyMs: number;
}

interface KeptLease {
  extendedAt: number;
  readonly onFailure: (thrown: unknown) => void;
}

/**
 * Extends the leases that a worker holds, all by one timer. An extension that fails is told and tried again at the next
 * turn: until then the task may be delivered to another worker, which costs work and nothing else.
 */
export class LeaseKeeper {
  private readonly leases = new Map<Pick<Delivery, 'working'>, KeptLease>();
  private cancelAlarm: (() => void) | undefined;

  constructor(private readonly options: LeaseKeeperOptions) {}

  /** Keeps a lease, which has just begun, until `release`. */
  keep(delivery: Pick<Delivery, 'working'>, onFailure: (thrown: unknown) => void): void {
    this.leases.set(delivery, { extendedAt: this.options.clock.monotonic(), onFailure });
    this.cancelAlarm ??= this.nextTurn();
  }

  release(delivery: Pick<Delivery, 'working'>): void {
    this.leases.delete(delivery);
    if (this.leases.size > 0) return;
    this.cancelAlarm?.();
    this.cancelAlarm = undefined;
  }

  /** Turns come twice as often as extensions are due, so that none is late by more than its own interval. */
  private nextTurn(): () => void {
    const { clock, everyMs } = this.options;
    return clock.alarm(everyMs / 2, () => {
      const due = clock.monotonic() - everyMs / 2;
      for (const [delivery, lease] of this.leases) if (lease.extendedAt <= due) this.extend(delivery, lease);
      this.cancelAlarm = this.nextTurn();
    });
  }

  private extend(delivery: Pick<Delivery, 'working'>, lease: KeptLease): void {
    lease.extendedAt = this.options.clock.monotonic();
    delivery.working().catch((thrown: unknown) => {
      if (this.leases.get(delivery) === lease) lease.onFailure(thrown);
    });
  }
}
