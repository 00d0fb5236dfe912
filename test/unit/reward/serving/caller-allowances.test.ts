import { CallerAllowances } from '../../../../reward/serving/caller-allowances.js';
import type { CallerLimits } from '../../../../reward/serving/reward-limits.js';
import { FakeClock } from '../../../support/fake-clock.js';

function allowances(limits: CallerLimits, clock = new FakeClock()): CallerAllowances {
  return new CallerAllowances({ caller: (name) => (name === 'free' ? {} : limits) }, clock);
}

/** What a charge is refused with, if it is. */
function refusal(of: CallerAllowances, answers: number, caller = 'team'): unknown {
  try {
    of.charge(caller, answers);
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}

describe('CallerAllowances', () => {
  it('lets a burst through, then so many a second, and says how long to wait', async () => {
    const clock = new FakeClock();
    const of = allowances({ answersPerSecond: 10, burst: 30 }, clock);
    expect(refusal(of, 30)).toBeUndefined();
    expect(refusal(of, 5)).toMatchObject({
      code: 'resource_exhausted',
      retryAfterMs: 500,
      message: 'team asks for more than 10 answers a second; ask again in 1 s',
    });
    await clock.advance(500);
    expect(refusal(of, 5)).toBeUndefined();
    expect(refusal(of, 1)).toMatchObject({ retryAfterMs: 100 });
    await clock.advance(60_000);
    expect(refusal(of, 30)).toBeUndefined();
    expect(refusal(of, 1)).toMatchObject({ code: 'resource_exhausted' });
  });

  it('counts answers in flight until they are given back', () => {
    const of = allowances({ answersInFlight: 4 });
    const charge = of.charge('team', 3);
    expect(refusal(of, 2)).toMatchObject({
      message: 'team has 3 answers in flight of 4; ask again in 1 s',
      retryAfterMs: 100,
    });
    charge.end();
    expect(refusal(of, 4)).toBeUndefined();
  });

  it('gives back what was refused later, but not to the day after', async () => {
    const clock = new FakeClock(Date.UTC(2026, 0, 1, 23, 59, 0));
    const of = allowances({ answersPerDay: 4, answersInFlight: 4 }, clock);
    of.charge('team', 4).takeBack();
    const late = of.charge('team', 4);
    expect(refusal(of, 1)).toMatchObject({ message: expect.stringContaining('in flight') as unknown });
    await clock.advance(60_000);
    late.takeBack();
    of.charge('team', 3).end();
    expect(refusal(of, 1)).toBeUndefined();
    expect(refusal(of, 1)).toMatchObject({ code: 'resource_exhausted' });
  });

  it('begins a new quota at midnight UTC', async () => {
    const clock = new FakeClock(Date.UTC(2026, 0, 1, 23, 59, 0));
    const of = allowances({ answersPerDay: 100 }, clock);
    expect(refusal(of, 100)).toBeUndefined();
    expect(refusal(of, 1)).toMatchObject({
      message: 'team has used 100 of 100 answers a day; ask again in 60 s',
      retryAfterMs: 60_000,
    });
    await clock.advance(60_000);
    expect(refusal(of, 100)).toBeUndefined();
  });

  it('charges nothing for what it refuses, and nothing to other callers', () => {
    const of = allowances({ answersPerSecond: 10, answersPerDay: 12 });
    expect(refusal(of, 10)).toBeUndefined();
    expect(refusal(of, 3)).toMatchObject({ code: 'resource_exhausted' });
    expect(refusal(of, 10, 'neighbour')).toBeUndefined();
    expect(refusal(of, 1_000_000, 'free')).toBeUndefined();
  });

  it('tells a request that no waiting would let through', () => {
    const of = allowances({ answersPerSecond: 10, answersInFlight: 8 });
    expect(refusal(of, 9)).toMatchObject({
      code: 'invalid_argument',
      message:
        'request of team: found 9 answers; allowed: at most 8 at a time for this caller; ask for fewer in each request',
    });
  });

  it('takes up limits that were changed since', () => {
    let limits: CallerLimits = {};
    const of = new CallerAllowances({ caller: () => limits }, new FakeClock());
    expect(refusal(of, 1000)).toBeUndefined();
    limits = { answersPerSecond: 10 };
    expect(refusal(of, 10)).toBeUndefined();
    expect(refusal(of, 10)).toMatchObject({ code: 'resource_exhausted' });
  });
});
