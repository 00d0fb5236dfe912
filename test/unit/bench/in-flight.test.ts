import { InFlight } from '../../../bench/in-flight.js';
import { FakeClock } from '../../support/fake-clock.js';

describe('time in flight', () => {
  it('counts overlapping calls once, gaps never, and a call under way up to now', async () => {
    const clock = new FakeClock();
    const inFlight = new InFlight(clock);
    const calls = [10, 30].map((milliseconds) => inFlight.watch(() => clock.sleep(milliseconds)));
    await clock.advance(30);
    await Promise.all(calls);
    await clock.advance(100);
    const late = inFlight.watch(() => clock.sleep(8));
    await clock.advance(5);
    expect(inFlight.milliseconds).toBe(35);
    await clock.advance(50);
    await late;
    expect(inFlight.milliseconds).toBe(38);
  });

  it('ends with a call that fails', async () => {
    const clock = new FakeClock();
    const inFlight = new InFlight(clock);
    await expect(inFlight.watch(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await clock.advance(10);
    expect(inFlight.milliseconds).toBe(0);
  });
});
