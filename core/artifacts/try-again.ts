import type { MajlisError } from '../errors.js';
import type { Clock } from '../runtime/clock.js';

/** How often something is tried. */
export interface TryAgainOptions {
  readonly clock: Clock;
  /** The first included; six unless told, which takes six seconds where every failure comes at once. */
  readonly attempts?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Makes one sentence of whatever was thrown; its code says whether another attempt can help. */
  readonly failureOf: (thrown: unknown) => MajlisError;
}

const ATTEMPTS = 6;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5000;

/** Tries until it works, fails for good or has failed too often. Waits double from attempt to attempt. */
export async function tryAgain<Result>(
  attempt: () => Promise<Result>,
  { clock, attempts = ATTEMPTS, signal, failureOf }: TryAgainOptions,
): Promise<Result> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (thrown) {
      signal?.throwIfAborted();
      const failure = failureOf(thrown);
      if (!failure.isRetryable || tried >= attempts) throw failure;
      await clock.sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tried - 1)), signal);
    }
  }
}
