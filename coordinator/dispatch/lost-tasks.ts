/**
 * Finds what was issued and will not come back by itself.
 *
 * - A task that left the queue longer ago than its lease deadline is lost, whatever became of the others. Time in the
 *   queue does not count.
 * - A queue that holds nothing and has nothing leased, while tasks are outstanding and no result comes, is starved: its
 *   consumer is restored, and what is not there even then is lost. (A consumer can stop handing out what its stream
 *   holds: https://github.com/nats-io/nats-server/issues/8036.)
 */
import type { Bus, QueueStatus } from '../../core/bus/bus.js';
import type { DispatcherOptions } from './dispatcher.js';
import { LeaseWatch } from './lease-watch.js';

type LostTasksOptions = Pick<
  DispatcherOptions,
  'bus' | 'queues' | 'clock' | 'observer' | 'reissueAfterMs' | 'starvedAfterMs'
>;

/** What a look at the queue found. */
export interface Look {
  /** Ids of the tasks to issue again. */
  readonly lost: readonly string[];
  readonly lastDeadLetter: number;
}

/** Between two looks: each is a question to the bus. */
const LOOK_EVERY_MS = 200;

export class LostTasks {
  private readonly leases = new LeaseWatch();
  private lookedAt = -Infinity;
  private emptySince: number | undefined;

  constructor(private readonly options: LostTasksOptions) {}

  /** A result came: the queue is not starved. */
  heard(): void {
    this.emptySince = undefined;
  }

  /** These are on their way again. */
  reissued(taskIds: readonly string[]): void {
    for (const id of taskIds) this.leases.forget(id);
    this.emptySince = undefined;
  }

  /**
   * Undefined where the last look was just now.
   * @param outstanding ids in the order of their issue
   * @param unsent how many of them have not reached the queue
   */
  async look(outstanding: readonly string[], unsent: number): Promise<Look | undefined> {
    const { bus, queues, clock, reissueAfterMs } = this.options;
    const now = clock.monotonic();
    if (now - this.lookedAt < LOOK_EVERY_MS) return undefined;
    this.lookedAt = now;
    const status = await bus.status(queues.tasks);
    const limits = { now, limitMs: reissueAfterMs };
    const overdue = this.leases.overdue(outstanding, status.pending + unsent, limits);
    const { lastDeadLetter } = status;
    const isStarved = outstanding.length > unsent && this.hasBeenEmpty(status, now);
    if (!isStarved) return { lost: overdue, lastDeadLetter };
    return { lost: (await this.restore()) ? [] : outstanding, lastDeadLetter };
  }

  private hasBeenEmpty(status: QueueStatus, now: number): boolean {
    if (!isEmpty(status)) {
      this.emptySince = undefined;
      return false;
    }
    this.emptySince ??= now;
    return now - this.emptySince >= this.options.starvedAfterMs;
  }

  /** True where something is there after all. */
  private async restore(): Promise<boolean> {
    const { bus, queues, observer } = this.options;
    this.emptySince = undefined;
    await bus.restoreConsumer(queues.tasks);
    await bus.restoreConsumer(queues.results);
    const isThere = !(await areEmpty(bus, [queues.tasks, queues.results]));
    const found = isThere ? 'its consumer was restored' : 'nothing is there to hand out';
    const message = `tasks are outstanding, and nothing waits, is leased or comes back: ${found}`;
    observer.alarm?.({ kind: 'queue_starved', message });
    return isThere;
  }
}

function isEmpty({ pending, leased }: QueueStatus): boolean {
  return pending === 0 && leased === 0;
}

async function areEmpty(bus: Bus, queues: readonly string[]): Promise<boolean> {
  const statuses = await Promise.all(queues.map((queue) => bus.status(queue)));
  return statuses.every(isEmpty);
}
