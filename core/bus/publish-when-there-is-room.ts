import { MajlisError } from '../errors.js';
import type { Clock } from '../runtime/clock.js';
import type { Bus, OutgoingMessage } from './bus.js';

export interface RoomOptions {
  readonly clock: Clock;
  /** Pause between two tries; below the ack wait of whatever lease `whileWaiting` extends. */
  readonly retryMs: number;
  /** Runs before each pause: a worker extends the lease of the task whose result it could not yet publish. */
  readonly whileWaiting: () => Promise<void>;
  readonly signal?: AbortSignal;
}

/**
 * Publishes, and waits for as long as the queue is full; every other failure is the caller's. The dedupe id stays
 * the same, so a try that was stored without an answer is not stored twice. Rejects with `cancelled` when the signal
 * fires.
 */
export async function publishWhenThereIsRoom(
  bus: Bus,
  queue: string,
  message: OutgoingMessage,
  options: RoomOptions,
): Promise<{ readonly duplicate: boolean }> {
  for (;;) {
    try {
      return await bus.publish(queue, message);
    } catch (thrown) {
      if (MajlisError.from(thrown).code !== 'resource_exhausted') throw thrown;
    }
    await options.whileWaiting();
    await pause(queue, options);
  }
}

async function pause(queue: string, options: RoomOptions): Promise<void> {
  try {
    await options.clock.sleep(options.retryMs, options.signal);
  } catch (thrown) {
    if (options.signal?.aborted !== true) throw thrown;
    const message = `the wait for room in queue ${queue} was cancelled`;
    throw new MajlisError(message, { code: 'cancelled', cause: thrown });
  }
}
