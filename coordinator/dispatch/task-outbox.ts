import type { Bus, OutgoingMessage } from '../../core/bus/bus.js';
import type { RolloutTask } from '../../core/domain/trajectory.js';
import { MajlisError } from '../../core/errors.js';
import { encodeRolloutTask } from '../../core/rpc/rollout-codec.js';

/** Tasks on their way to the queue. What the queue has no room for waits here, in order, for the next flush. */
export class TaskOutbox {
  private waiting: OutgoingMessage[] = [];
  private sending: Promise<void> = Promise.resolve();

  constructor(
    private readonly bus: Bus,
    private readonly queue: string,
  ) {}

  /** Tasks that the queue had no room for. */
  get size(): number {
    return this.waiting.length;
  }

  add(task: RolloutTask, issue: number): void {
    const { id, run } = task;
    this.waiting.push({ run, dedupeId: `${id}/${issue}`, data: encodeRolloutTask(task) });
  }

  /** Publishes as far as the queue has room. Calls take turns, so that tasks keep their order. */
  flush(): Promise<void> {
    this.sending = this.sending.then(() => this.publish());
    return this.sending;
  }

  clear(): void {
    this.waiting = [];
  }

  private async publish(): Promise<void> {
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      try {
        await this.bus.publish(this.queue, next);
      } catch (thrown) {
        const error = MajlisError.from(thrown);
        if (error.code !== 'resource_exhausted') throw error;
        this.waiting.unshift(next);
        return;
      }
    }
  }
}
