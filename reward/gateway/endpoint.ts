import {
  ConsecutiveBreaker,
  CircuitState,
  bulkhead,
  circuitBreaker,
  handleWhenResult,
  isBrokenCircuitError,
} from 'cockatiel';
import type { BulkheadPolicy, CircuitBreakerPolicy } from 'cockatiel';
import type { Clock } from '../../core/runtime/clock.js';
import { RateWindow } from './rate-window.js';
import type { RateLimits } from './rate-window.js';

export interface EndpointOptions {
  readonly name: string;
  readonly limits: RateLimits;
  /** Requests that may be under way at one time. */
  readonly concurrency: number;
  /** After so many outages in a row nothing is sent for a while; then one request tries. */
  readonly breaker: { readonly failures: number; readonly pauseMs: number };
}

/** What a request that was sent came to. */
export interface Sent<Reply> {
  readonly reply: Reply;
  /** What it counts against the limit of tokens. */
  readonly tokens: number;
  /** The endpoint is down or broken, whatever the request was. */
  readonly isOutage: boolean;
  /** The endpoint wants no request before this has passed. */
  readonly retryAfterMs?: number;
}

/** Nothing was sent: `broken` because the endpoint is down, `withdrawn` because the sender thought better of it. */
export type EndpointResult<Reply> =
  | { readonly kind: 'sent'; readonly reply: Reply }
  | { readonly kind: 'broken' }
  | { readonly kind: 'withdrawn' };

/** What somebody who watches sees of an endpoint. */
export interface EndpointStatus {
  readonly name: string;
  /** Whether requests are sent; `half_open`: the next one, or the one under way, tries whether it is well again. */
  readonly breaker: 'closed' | 'open' | 'half_open';
  /** Requests under way. */
  readonly inFlight: number;
}

/** One endpoint, whoever sends to it: its rate limits, its bound on concurrency, and a breaker for when it is down. */
export class Endpoint {
  readonly name: string;
  readonly window: RateWindow;
  private readonly limits: RateLimits;
  private readonly bulkhead: BulkheadPolicy;
  private readonly breaker: CircuitBreakerPolicy;
  private brokenUntil = 0;
  private inFlight = 0;

  constructor(
    { name, limits, concurrency, breaker }: EndpointOptions,
    private readonly clock: Clock,
  ) {
    this.name = name;
    this.limits = limits;
    this.window = new RateWindow(limits, clock);
    this.bulkhead = bulkhead(concurrency, Infinity);
    this.breaker = circuitBreaker(
      handleWhenResult((sent) => (sent as Sent<unknown> | undefined)?.isOutage === true),
      { breaker: new ConsecutiveBreaker(breaker.failures), halfOpenAfter: breaker.pauseMs },
    );
    this.breaker.onBreak(() => {
      this.brokenUntil = clock.monotonic() + breaker.pauseMs;
    });
  }

  /** Milliseconds until it may be tried again; 0 unless the breaker is open. */
  get brokenForMs(): number {
    return Math.max(0, this.brokenUntil - this.clock.monotonic());
  }

  get status(): EndpointStatus {
    const { name, inFlight } = this;
    if (this.breaker.state === CircuitState.Closed) return { name, inFlight, breaker: 'closed' };
    return { name, inFlight, breaker: this.brokenForMs > 0 ? 'open' : 'half_open' };
  }

  /** Whether a request of that size is ever within its limits. */
  fits(tokens: number): boolean {
    return tokens <= (this.limits.tokens ?? Infinity);
  }

  /** How busy it is with requests of that size: smaller goes sooner. */
  backlog(tokens: number): number {
    if (this.bulkhead.executionSlots === 0) return Infinity;
    return this.window.waitMs(tokens) ?? Infinity;
  }

  /**
   * Sends when the limits allow. `send` resolves to undefined to withdraw. The signal ends the waiting and nothing else: what
   * was sent is waited for, since it is paid for.
   */
  async send<Reply>(
    mostTokens: number,
    signal: AbortSignal,
    send: () => Promise<Sent<Reply> | undefined>,
  ): Promise<EndpointResult<Reply>> {
    return this.bulkhead.execute(async () => {
      const place = await this.window.admit(mostTokens, signal);
      let used: number | undefined;
      this.inFlight += 1;
      try {
        const sent = await this.breaker.execute(send);
        if (sent === undefined) return { kind: 'withdrawn' };
        used = sent.tokens;
        if (sent.retryAfterMs !== undefined) this.window.pause(sent.retryAfterMs);
        return { kind: 'sent', reply: sent.reply };
      } catch (thrown) {
        if (isBrokenCircuitError(thrown)) return { kind: 'broken' };
        throw thrown;
      } finally {
        this.inFlight -= 1;
        if (used === undefined) place.giveBack();
        else place.end(used);
      }
    });
  }
}
