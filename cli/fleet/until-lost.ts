import type { Fleet } from './fleet.js';

/**
 * Does work that ends by the signal, or by the loss of the fleet's pool: then it rejects with the sentence that says who has
 * the pool, whatever the work ended with. Without a fleet there is nothing to lose.
 */
export async function untilLost<Value>(
  fleet: Pick<Fleet, 'lost'> | undefined,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  if (fleet === undefined) return work(signal);
  try {
    return await work(AbortSignal.any([signal, fleet.lost]));
  } catch (thrown) {
    fleet.lost.throwIfAborted();
    throw thrown;
  }
}
