/**
 * How many requests and tokens an endpoint takes in any stretch of time of the window's length. Invariant: at the
 * endpoint, no stretch holds more than the limits. A request keeps its place until a whole window after it was
 * answered, since only then is it sure to have arrived a window ago; tokens count at their most until the reply says.
 *
 * Libraries that count in fixed windows (rate-limiter-flexible) or buckets let through twice the limit around a
 * boundary; see docs/decisions.
 */
import { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';

export interface RateLimits {
  /** Absent: as many as come. */
  readonly requests?: number;
  readonly tokens?: number;
  readonly windowMs: number;
}

/** A request's place. It ends once: with the tokens that were used, or given back by one that was never sent. */
export interface RatePlace {
  end(tokens: number): void;
  giveBack(): void;
}

interface Ended {
  readonly tokens: number;
  /** On the monotonic clock. */
  readonly endedAt: number;
}

interface Waiter {
  readonly tokens: number;
  admit(place: RatePlace): void;
}

/** First come, first served: a large request is not passed by small ones for ever. */
export class RateWindow {
  /** Oldest first. */
  private ended: Ended[] = [];
  private underWay = 0;
  /** Of those under way, at their most, and of those that ended within the window. */
  private tokens = 0;
  private readonly waiters = new Set<Waiter>();
  private quietUntil = 0;
  private cancelAlarm: () => void = () => undefined;

  constructor(
    private readonly limits: RateLimits,
    private readonly clock: Clock,
  ) {}

  /** Counts requests that another process sent: how long ago each ended, and its tokens. */
  restore(requests: readonly { readonly agoMs: number; readonly tokens: number }[]): void {
    const now = this.clock.monotonic();
    const restored = requests.map(({ agoMs, tokens }) => ({ tokens, endedAt: now - Math.max(0, agoMs) }));
    this.ended = [...restored, ...this.ended].sort((a, b) => a.endedAt - b.endedAt);
    for (const { tokens } of restored) this.tokens += tokens;
  }

  /** Lets nobody in for that long, because the endpoint said so. */
  pause(milliseconds: number): void {
    this.quietUntil = Math.max(this.quietUntil, this.clock.monotonic() + milliseconds);
  }

  /** Milliseconds until a request of that size could go, were nobody else to come; undefined where an end has to come first. */
  waitMs(tokens: number): number | undefined {
    if (this.waiters.size > 0) return undefined;
    const at = this.admissibleAt(tokens);
    return at === undefined ? undefined : Math.max(0, at - this.clock.monotonic());
  }

  /** Resolves when the request may be sent; an abort is `cancelled`. One that is larger than the limit waits until then. */
  admit(tokens: number, signal: AbortSignal): Promise<RatePlace> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.waiters.delete(waiter);
        reject(new MajlisError('nobody waits for it any more', { code: 'cancelled' }));
        this.letIn();
      };
      const waiter: Waiter = {
        tokens,
        admit: (place) => {
          signal.removeEventListener('abort', leave);
          resolve(place);
        },
      };
      if (signal.aborted) {
        leave();
        return;
      }
      signal.addEventListener('abort', leave, { once: true });
      this.waiters.add(waiter);
      this.letIn();
    });
  }

  private letIn(): void {
    this.cancelAlarm();
    for (const waiter of this.waiters) {
      const at = this.admissibleAt(waiter.tokens);
      if (at === undefined) return;
      if (at > this.clock.monotonic()) {
        this.wakeAt(at);
        return;
      }
      this.waiters.delete(waiter);
      waiter.admit(this.take(waiter.tokens));
    }
  }

  private take(tokens: number): RatePlace {
    this.underWay += 1;
    this.tokens += tokens;
    const leave = (): void => {
      this.underWay -= 1;
      this.tokens -= tokens;
    };
    return {
      end: (used) => {
        leave();
        this.tokens += used;
        this.ended.push({ tokens: used, endedAt: this.clock.monotonic() });
        this.letIn();
      },
      giveBack: () => {
        leave();
        this.letIn();
      },
    };
  }

  /** When a request of that size is within both limits; undefined where that waits for the end of one under way. */
  private admissibleAt(tokens: number): number | undefined {
    this.forget();
    const { requests = Infinity, tokens: mostTokens = Infinity, windowMs } = this.limits;
    let count = this.underWay + this.ended.length + 1;
    let sum = this.tokens + tokens;
    if (count <= requests && sum <= mostTokens) return this.quietUntil;
    for (const one of this.ended) {
      count -= 1;
      sum -= one.tokens;
      if (count <= requests && sum <= mostTokens) return Math.max(one.endedAt + windowMs, this.quietUntil);
    }
    return undefined;
  }

  private forget(): void {
    const before = this.clock.monotonic() - this.limits.windowMs;
    const kept = this.ended.findIndex(({ endedAt }) => endedAt > before);
    const gone = this.ended.splice(0, kept < 0 ? this.ended.length : kept);
    for (const { tokens } of gone) this.tokens -= tokens;
  }

  private wakeAt(at: number): void {
    this.cancelAlarm = this.clock.alarm(Math.ceil(at - this.clock.monotonic()), () => this.letIn());
  }
}
