import { Coalesced } from '../../../../reward/gateway/coalesced.js';

const forever = new AbortController().signal;

describe('equal work in flight', () => {
  it('is done once, and again when it is over', async () => {
    const coalesced = new Coalesced<number>();
    let times = 0;
    const work = async (): Promise<number> => {
      times += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return times;
    };
    const both = await Promise.all([coalesced.join('k', work, forever), coalesced.join('k', work, forever)]);
    expect(both).toEqual([
      { value: 1, isShared: false },
      { value: 1, isShared: true },
    ]);
    expect(await coalesced.join('k', work, forever)).toEqual({ value: 2, isShared: false });
    expect(await coalesced.join('other', work, forever)).toEqual({ value: 3, isShared: false });
  });

  it('goes on while anybody waits, and is abandoned when the last one leaves', async () => {
    const coalesced = new Coalesced<never>();
    let abandoned = false;
    const work = (signal: AbortSignal): Promise<never> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          abandoned = true;
          reject(new Error('abandoned'));
        });
      });
    const [one, two] = [new AbortController(), new AbortController()];
    const asked = [coalesced.join('k', work, one.signal), coalesced.join('k', work, two.signal)];
    one.abort();
    await expect(asked[0]).rejects.toMatchObject({ code: 'cancelled' });
    expect(abandoned).toBe(false);
    two.abort();
    await expect(asked[1]).rejects.toMatchObject({ code: 'cancelled' });
    expect(abandoned).toBe(true);
    await coalesced.idle();
    expect(coalesced.size).toBe(0);
  });

  it('fails for everybody who waits', async () => {
    const coalesced = new Coalesced<never>();
    const work = async (): Promise<never> => Promise.reject(new Error('no'));
    const asked = [coalesced.join('k', work, forever), coalesced.join('k', work, forever)];
    for (const one of asked) await expect(one).rejects.toThrow('no');
  });
});
