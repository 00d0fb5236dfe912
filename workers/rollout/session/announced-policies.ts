import type { PolicyVersion } from '../../../core/domain/policy.js';
import type { PolicyAnnouncement } from '../../../core/domain/worker.js';
import type { PolicyLocator } from '../../../core/engine/policy-locator.js';
import { MajlisError } from '../../../core/errors.js';
import type { Clock } from '../../../core/runtime/clock.js';

export interface AnnouncedPoliciesOptions {
  readonly store: {
    directoryOf(announcement: PolicyAnnouncement, signal: AbortSignal): Promise<PolicyVersion>;
  };
  readonly clock: Clock;
  /** How long a task may wait for the news of its policy; 30 s unless told. */
  readonly waitMs?: number;
}

const WAIT_MS = 30_000;
const MOST_KNOWN = 16;

/**
 * The policies that a worker has heard of. A task may be faster than the news of its policy, so who asks for one waits a
 * while. That a policy cannot be had here is never the task's fault: every failure is `unavailable`, so that the task goes
 * back to the queue.
 */
export class AnnouncedPolicies implements PolicyLocator {
  private readonly byHash = new Map<string, PolicyAnnouncement>();
  private readonly waiting = new Set<() => void>();
  private newest: PolicyAnnouncement | undefined;

  constructor(private readonly options: AnnouncedPoliciesOptions) {}

  /** What was announced last. */
  get current(): PolicyAnnouncement | undefined {
    return this.newest;
  }

  learn(announcement: PolicyAnnouncement): void {
    const { hash } = announcement.policy;
    this.byHash.delete(hash);
    this.byHash.set(hash, announcement);
    for (const known of [...this.byHash.keys()].slice(0, -MOST_KNOWN)) this.byHash.delete(known);
    this.newest = announcement;
    for (const wake of [...this.waiting]) wake();
  }

  oldestAdmissible(run: string): number {
    return this.newest?.run === run ? this.newest.oldestVersion : 0;
  }

  async locate(policyHash: string, signal?: AbortSignal): Promise<PolicyVersion> {
    const never = new AbortController().signal;
    const announcement = await this.heardOf(policyHash, signal ?? never);
    try {
      return await this.options.store.directoryOf(announcement, signal ?? never);
    } catch (thrown) {
      const { code, message } = MajlisError.from(thrown);
      if (code === 'cancelled') throw thrown;
      throw new MajlisError(message, { code: 'unavailable', cause: thrown });
    }
  }

  private async heardOf(policyHash: string, signal: AbortSignal): Promise<PolicyAnnouncement> {
    const { clock, waitMs = WAIT_MS } = this.options;
    const deadline = clock.monotonic() + waitMs;
    for (;;) {
      const known = this.byHash.get(policyHash);
      if (known !== undefined) return known;
      const left = deadline - clock.monotonic();
      if (left <= 0) {
        throw new MajlisError(`nobody announced policy ${policyHash} here`, { code: 'unavailable' });
      }
      await this.news(left, signal);
    }
  }

  /** Resolves when something was announced or the time is over; rejects with `cancelled` on the signal. */
  private async news(milliseconds: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const wake = (): void => woken.abort();
    this.waiting.add(wake);
    try {
      await this.options.clock.sleep(milliseconds, AbortSignal.any([signal, woken.signal]));
    } catch (thrown) {
      if (signal.aborted || !woken.signal.aborted) throw MajlisError.from(thrown);
    } finally {
      this.waiting.delete(wake);
    }
  }
}
