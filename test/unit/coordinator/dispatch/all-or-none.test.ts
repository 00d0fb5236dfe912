import { allOrNone } from '../../../../coordinator/dispatch/all-or-none.js';

/** Resolves with the reason of the signal. */
function untilTold(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

describe('works side by side', () => {
  it('end together where all succeed', async () => {
    const done: string[] = [];
    await allOrNone(new AbortController().signal, [
      async () => void done.push('one'),
      async (until) => void done.push(`two, told ${until.aborted}`),
    ]);
    expect(done).toEqual(['one', 'two, told false']);
  });

  it('are told where one fails, and its failure is thrown when all have ended', async () => {
    const done: string[] = [];
    const ending = allOrNone(new AbortController().signal, [
      async () => Promise.reject(new Error('the first')),
      async (until) => {
        await untilTold(until);
        done.push('told');
        throw new Error('what came of it');
      },
    ]);
    await expect(ending).rejects.toThrow('the first');
    expect(done).toEqual(['told']);
  });

  it('are told where they are all called off', async () => {
    const caller = new AbortController();
    const ending = allOrNone(caller.signal, [untilTold, untilTold]);
    caller.abort();
    await ending;
  });
});
