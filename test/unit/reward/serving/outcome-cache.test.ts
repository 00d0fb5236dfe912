import { OutcomeCache } from '../../../../reward/serving/outcome-cache.js';

const scored = { kind: 'scored', score: { raw: 1, normalized: 2 } } as const;

describe('OutcomeCache', () => {
  it('forgets what was asked longest ago once it is full', () => {
    // An entry takes 256 bytes and two for each unit of its key: three of these fit.
    const cache = new OutcomeCache(3 * 258);
    for (const key of ['a', 'b', 'c']) cache.keep(key, scored);
    expect(cache.bytes).toBe(774);
    expect(cache.find('a')).toBe(scored);
    cache.keep('d', scored);
    expect(['a', 'b', 'c', 'd'].map((key) => cache.find(key) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect([cache.entries, cache.bytes]).toEqual([3, 774]);
  });

  it('goes by when each was asked for last, wherever it stood', () => {
    const cache = new OutcomeCache(3 * 258);
    const isKept = (key: string): boolean => cache.find(key) !== undefined;
    for (const key of ['a', 'b', 'c']) cache.keep(key, scored);
    // The newest, the one in the middle, the oldest: c stands last before, then b, then a.
    expect(['c', 'b', 'a'].every(isKept)).toBe(true);
    cache.keep('d', scored);
    cache.keep('e', scored);
    expect(['c', 'b', 'a', 'd', 'e'].map(isKept)).toEqual([false, false, true, true, true]);
    for (const key of ['f', 'g', 'h', 'i']) cache.keep(key, scored);
    expect(['d', 'e', 'f', 'g', 'h', 'i'].filter(isKept)).toEqual(['g', 'h', 'i']);
    expect([cache.entries, cache.bytes]).toEqual([3, 774]);
  });

  it('keeps verdicts on the answer only, and nothing that is larger than itself', () => {
    const cache = new OutcomeCache(1000);
    cache.keep('abstained', { kind: 'abstained', reason: 'r' });
    cache.keep('failed', { kind: 'judge_failed', reason: 'r', retryable: false });
    cache.keep('raw', { kind: 'unparseable', raw: 'r' });
    cache.keep('x'.repeat(1000), scored);
    expect([cache.entries, cache.bytes]).toEqual([0, 0]);
    cache.keep('gated', { kind: 'policy_malformed', reason: 'loop' });
    cache.keep('gated', { kind: 'policy_malformed', reason: 'loop' });
    expect([cache.entries, cache.bytes]).toEqual([1, 256 + 2 * 9]);
  });

  it('is off without room', () => {
    expect(new OutcomeCache(0).isOn).toBe(false);
  });
});
