import type { Clock } from '../../core/runtime/clock.js';

const BETWEEN_TRIES_MS = 100;

/**
 * Tries again until something comes of it; undefined once the patience has run out. For a ledger that another command
 * holds for a moment, to look at it or to ask something of a run.
 */
export async function tryPatiently<Value>(
  attempt: () => Promise<Value | undefined>,
  { patienceMs, clock }: { readonly patienceMs: number; readonly clock: Clock },
): Promise<Value | undefined> {
  const giveUpAt = clock.monotonic() + patienceMs;
  for (;;) {
    const value = await attempt();
    if (value !== undefined || clock.monotonic() >= giveUpAt) return value;
    await clock.sleep(BETWEEN_TRIES_MS);
  }
}
