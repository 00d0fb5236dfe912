import type { Delivery } from '../../core/bus/bus.js';
import type { Clock } from '../../core/runtime/clock.js';

/**
 * Extends a lease until the signal fires. The first extension that fails is told and ends it: the task may be delivered to
 * another worker, which costs work and nothing else.
 */
export async function keepLease(
  delivery: Pick<Delivery, 'working'>,
  { clock, everyMs, done }: { readonly clock: Clock; readonly everyMs: number; readonly done: AbortSignal },
  onFailure: (thrown: unknown) => void,
): Promise<void> {
  for (;;) {
    try {
      await clock.sleep(everyMs, done);
      await delivery.working();
    } catch (thrown) {
      if (!done.aborted) onFailure(thrown);
      return;
    }
  }
}
