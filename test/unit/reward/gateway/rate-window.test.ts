import { RateWindow } from '../../../../reward/gateway/rate-window.js';
import type { RatePlace } from '../../../../reward/gateway/rate-window.js';
import { FakeClock } from '../../../support/fake-clock.js';

const forever = new AbortController().signal;

describe('a rate window', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
  });

  /** Admissions in their order, as they happen. */
  function admissions(window: RateWindow, sizes: readonly number[]): { at: number; place: RatePlace }[] {
    const admitted: { at: number; place: RatePlace }[] = [];
    for (const tokens of sizes) {
      void window.admit(tokens, forever).then((place) => admitted.push({ at: clock.monotonic(), place }));
    }
    return admitted;
  }

  it('frees a place a whole window after its request ended, not after it began', async () => {
    const window = new RateWindow({ requests: 2, windowMs: 1000 }, clock);
    const admitted = admissions(window, [1, 1, 1]);
    await clock.advance(400);
    admitted[0]?.place.end(1);
    await clock.advance(999);
    expect(admitted).toHaveLength(2);
    await clock.advance(1);
    expect(admitted.map(({ at }) => at)).toEqual([0, 0, 1400]);
  });

  // A fixed window would let 3 through at 900 and 3 more at 1000.
  it('holds the limit around every boundary', async () => {
    const window = new RateWindow({ requests: 3, windowMs: 1000 }, clock);
    await clock.advance(900);
    const admitted = admissions(window, [1, 1, 1, 1, 1, 1]);
    await clock.advance(0);
    for (const { place } of admitted) place.end(1);
    await clock.advance(999);
    expect(admitted).toHaveLength(3);
    await clock.advance(1);
    expect(admitted).toHaveLength(6);
  });

  it('counts tokens at their most until the reply says what they were', async () => {
    const window = new RateWindow({ tokens: 100, windowMs: 1000 }, clock);
    const admitted = admissions(window, [80, 40]);
    await clock.advance(10);
    expect(admitted).toHaveLength(1);
    admitted[0]?.place.end(60);
    await clock.advance(0);
    expect(admitted.map(({ at }) => at)).toEqual([0, 10]);
  });

  it('serves who came first first: small requests do not pass a large one', async () => {
    const window = new RateWindow({ tokens: 100, windowMs: 1000 }, clock);
    const [first] = [admissions(window, [60])];
    await clock.advance(0);
    const order: number[] = [];
    for (const tokens of [90, 1]) void window.admit(tokens, forever).then(() => order.push(tokens));
    await clock.advance(0);
    expect(order).toEqual([]);
    first[0]?.place.end(60);
    await clock.advance(1000);
    expect(order).toEqual([90, 1]);
  });

  it('gives back the place of a request that was never sent', async () => {
    const window = new RateWindow({ requests: 1, windowMs: 1000 }, clock);
    const admitted = admissions(window, [1, 1]);
    await clock.advance(5);
    admitted[0]?.place.giveBack();
    await clock.advance(0);
    expect(admitted.map(({ at }) => at)).toEqual([0, 5]);
  });

  it('lets nobody in while the endpoint wants quiet', async () => {
    const window = new RateWindow({ windowMs: 1000 }, clock);
    window.pause(300);
    const admitted = admissions(window, [1]);
    expect(window.waitMs(1)).toBeUndefined();
    await clock.advance(299);
    expect(admitted).toHaveLength(0);
    await clock.advance(1);
    expect(admitted).toHaveLength(1);
  });

  it('lets go of who gives up waiting, and whoever is next goes on', async () => {
    const window = new RateWindow({ requests: 1, windowMs: 1000 }, clock);
    const admitted = admissions(window, [1]);
    await clock.advance(0);
    const impatient = new AbortController();
    const left = window.admit(1, impatient.signal);
    const next = admissions(window, [1]);
    impatient.abort();
    await expect(left).rejects.toMatchObject({ code: 'cancelled' });
    admitted[0]?.place.end(1);
    await clock.advance(1000);
    expect(next).toHaveLength(1);
    expect(clock.sleeping).toBe(0);
  });

  it('counts what another process sent before', async () => {
    const window = new RateWindow({ requests: 2, windowMs: 1000 }, clock);
    window.restore([
      { agoMs: 900, tokens: 1 },
      { agoMs: 300, tokens: 1 },
    ]);
    const admitted = admissions(window, [1, 1]);
    await clock.advance(1000);
    expect(admitted.map(({ at }) => at)).toEqual([100, 700]);
  });

  it('says how long a request would wait', async () => {
    const window = new RateWindow({ requests: 1, windowMs: 1000 }, clock);
    expect(window.waitMs(1)).toBe(0);
    const admitted = admissions(window, [1]);
    await clock.advance(0);
    expect(window.waitMs(1)).toBeUndefined();
    admitted[0]?.place.end(1);
    await clock.advance(250);
    expect(window.waitMs(1)).toBe(750);
  });
});
