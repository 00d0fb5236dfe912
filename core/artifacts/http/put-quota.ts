import { MajlisError } from '../../errors.js';
import type { Clock } from '../../runtime/clock.js';
import type { Caller } from '../../trust/authorize.js';

const HOUR_MS = 3_600_000;

/**
 * How much each caller with the role of a worker may put: so many bytes at once, which come back evenly within an hour. What
 * a worker puts is believed to be a result that is too large for a message, and is not looked at before it is read.
 */
export class PutQuota {
  /** By the caller's name, of which there are as many as the tokens file has: what is left, and when that was. */
  private readonly left = new Map<string, { readonly bytes: number; readonly atMs: number }>();

  constructor(
    private readonly bytesPerHour: number,
    private readonly clock: Pick<Clock, 'monotonic'>,
  ) {}

  /** Takes the bytes off what the caller may put; `resource_exhausted`, with the time to wait, where that is not enough. */
  take({ name, role }: Caller, bytes: number): void {
    if (role !== 'worker') return;
    const atMs = this.clock.monotonic();
    const before = this.left.get(name) ?? { bytes: this.bytesPerHour, atMs };
    const regained = ((atMs - before.atMs) / HOUR_MS) * this.bytesPerHour;
    const now = Math.min(this.bytesPerHour, before.bytes + regained);
    if (bytes > now) {
      const seconds = Math.ceil((((bytes - now) / this.bytesPerHour) * HOUR_MS) / 1000);
      const sentence = `${name} may put ${this.bytesPerHour} bytes an hour, and ${bytes} are more than is left; it is in ${seconds} s`;
      throw new MajlisError(sentence, { code: 'resource_exhausted' });
    }
    this.left.set(name, { bytes: now - bytes, atMs });
  }
}
