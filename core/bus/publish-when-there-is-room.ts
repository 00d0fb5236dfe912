import { MajlisError } from '../errors.js';
import type { Clock } from '../runtime/clock.js';

export interface RoomOptions {
  /** As a refusal names it. */
  readonly queue: string;
  readonly clock: Clock;
  /** Pause between two tries. */
  readonly retryMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Publishes, and waits for as long as the queue is full; every other failure is the caller's. The dedupe id has to stay
 * the same, so that a try that was stored without an answer is not stored twice. Rejects with `cancelled` when the signal
 * fires.
 */
export async function publishWhenThereIsRoom<Answer>(
  publish: () => Promise<Answer>,
  options: RoomOptions,
): Promise<Answer> {
  for (;;) {
    try {
      return await publish();
    } catch (thrown) {
      if (MajlisError.from(thrown).code !== 'resource_exhausted') throw thrown;
    }
    await pause(options);
  }
}

async function pause({ queue, clock, retryMs, signal }: RoomOptions): Promise<void> {
  try {
    await clock.sleep(retryMs, signal);
  } catch (thrown) {
    if (signal?.aborted !== true) throw thrown;
    const message = `the wait for room in queue ${queue} was cancelled`;
    throw new MajlisError(message, { code: 'cancelled', cause: thrown });
  }
}
