/**
 * How much each caller has left. A caller is a name that a token or a certificate gave him, so that there are as many as the
 * tokens file has; all who need to show nothing are one. Invariant: what is refused is charged nothing.
 */
import { BadInputError, MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { CallerLimits, RewardLimits } from './reward-limits.js';

interface Allowance {
  /** What may come at once now; grows with time up to the burst. */
  tokens: number;
  /** On the monotonic clock, when that was so. */
  filledAt: number;
  inFlight: number;
  /** Days of UTC since 1970. */
  day: number;
  today: number;
}

const DAY_MS = 86_400_000;
/** What a request was charged; ended once, whatever became of it. */
export interface Charge {
  /** Gives back its places in flight. */
  end(): void;
  /** Gives back all of it: the request was refused. */
  takeBack(): void;
}

/** Requests take milliseconds: places are free again soon. */
const PLACE_FREE_MS = 100;

export class CallerAllowances {
  private readonly allowances = new Map<string, Allowance>();

  constructor(
    private readonly limits: Pick<RewardLimits, 'caller'>,
    private readonly clock: Clock,
  ) {}

  /**
   * Charges a caller so many answers. Beyond his limits it throws `resource_exhausted`, and `invalid_argument` for a request that
   * is larger than they ever let through.
   */
  charge(caller: string, answers: number): Charge {
    const limits = this.limits.caller(caller);
    refuseLarger(caller, answers, limits);
    const allowance = this.allowanceOf(caller, limits);
    this.refill(allowance, limits);
    const { answersPerSecond, answersPerDay = Infinity, answersInFlight = Infinity } = limits;
    if (allowance.inFlight + answers > answersInFlight) {
      throw exhausted(
        `${caller} has ${allowance.inFlight} answers in flight of ${answersInFlight}`,
        PLACE_FREE_MS,
      );
    }
    if (allowance.today + answers > answersPerDay) {
      const sentence = `${caller} has used ${allowance.today} of ${answersPerDay} answers a day`;
      throw exhausted(sentence, DAY_MS - (this.clock.now() % DAY_MS));
    }
    if (answersPerSecond !== undefined && allowance.tokens < answers) {
      const waitMs = Math.ceil((1000 * (answers - allowance.tokens)) / answersPerSecond);
      throw exhausted(`${caller} asks for more than ${answersPerSecond} answers a second`, waitMs);
    }
    allowance.tokens -= answers;
    allowance.today += answers;
    allowance.inFlight += answers;
    const { day } = allowance;
    const end = (): void => {
      allowance.inFlight -= answers;
    };
    const takeBack = (): void => {
      end();
      allowance.tokens += answers;
      if (allowance.day === day) allowance.today -= answers;
    };
    return { end, takeBack };
  }

  private allowanceOf(caller: string, limits: CallerLimits): Allowance {
    const known = this.allowances.get(caller);
    if (known !== undefined) return known;
    const fresh = {
      tokens: burstOf(limits),
      filledAt: this.clock.monotonic(),
      inFlight: 0,
      day: 0,
      today: 0,
    };
    this.allowances.set(caller, fresh);
    return fresh;
  }

  private refill(allowance: Allowance, limits: CallerLimits): void {
    if (limits.answersPerDay !== undefined) {
      const day = Math.floor(this.clock.now() / DAY_MS);
      if (day !== allowance.day) allowance.today = 0;
      allowance.day = day;
    }
    if (limits.answersPerSecond === undefined) return;
    const now = this.clock.monotonic();
    const grown = allowance.tokens + ((now - allowance.filledAt) / 1000) * limits.answersPerSecond;
    allowance.tokens = Math.min(burstOf(limits), grown);
    allowance.filledAt = now;
  }
}

function burstOf({ answersPerSecond = Infinity, burst = answersPerSecond }: CallerLimits): number {
  return burst;
}

function refuseLarger(caller: string, answers: number, limits: CallerLimits): void {
  const { answersInFlight = Infinity, answersPerDay = Infinity } = limits;
  const most = Math.min(burstOf(limits), answersInFlight, answersPerDay);
  if (answers <= most) return;
  const allowed = `at most ${most} at a time for this caller; ask for fewer in each request`;
  throw new BadInputError({ source: `request of ${caller}`, found: `${answers} answers`, allowed });
}

function exhausted(sentence: string, retryAfterMs: number): MajlisError {
  return new MajlisError(`${sentence}; ask again in ${Math.ceil(retryAfterMs / 1000)} s`, {
    code: 'resource_exhausted',
    retryAfterMs,
  });
}
