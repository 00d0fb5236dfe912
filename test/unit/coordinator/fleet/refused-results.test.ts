import { RefusedResults } from '../../../../coordinator/fleet/refused-results.js';
import { FakeClock } from '../../../support/fake-clock.js';

describe('refused results of workers', () => {
  it('count for as long as they are told to, each by itself', async () => {
    const clock = new FakeClock();
    const refused = new RefusedResults({ clock, most: 2, forgottenAfterMs: 100 });
    expect(refused.add('w')).toBe(1);
    await clock.advance(60);
    expect(refused.add('w')).toBe(2);
    expect([refused.isTooMany('w'), refused.isTooMany('v')]).toEqual([true, false]);
    await clock.advance(60);
    expect(refused.of('w')).toBe(1);
    await clock.advance(60);
    expect(refused.of('w')).toBe(0);
  });

  it('are kept of ten thousand workers at most, those that were refused last', () => {
    const refused = new RefusedResults({ clock: new FakeClock(), most: 2, forgottenAfterMs: 100 });
    for (let worker = 0; worker < 10_001; worker += 1) refused.add(`w${worker}`);
    expect(['w0', 'w1', 'w10000'].map((worker) => refused.of(worker))).toEqual([0, 1, 1]);
  });
});
