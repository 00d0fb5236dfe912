import { anchorsOf, goldPairs } from '../../../../reward/preference/gold-pairs.js';

const authored = Array.from({ length: 200 }, (_, at) => ({
  id: `g${at}`,
  prompt: 'س',
  better: 'جيد',
  worse: 'سيئ',
}));

describe('goldPairs', () => {
  it('says of each pair which answer is better, wherever it stands', () => {
    const { pairs, gold } = goldPairs(authored, 'ar');
    for (const pair of pairs) expect(gold.get(pair.id) === true ? pair.first : pair.second).toBe('جيد');
  });

  it('puts the better answer first about half the time, and the same way every time', () => {
    const { gold } = goldPairs(authored, 'ar');
    const first = [...gold.values()].filter(Boolean).length;
    // 200 fair coins: within four standard deviations of 100.
    expect(Math.abs(first - 100)).toBeLessThan(4 * Math.sqrt(50));
    expect(goldPairs(authored, 'ar').gold).toEqual(gold);
  });
});

describe('anchorsOf', () => {
  it('leaves out gold that no judge voted on', () => {
    const gold = new Map([
      ['a', true],
      ['b', false],
    ]);
    const votes = new Map([
      ['a', new Map([['j', 1]])],
      ['elsewhere', new Map([['j', 1]])],
    ]);
    expect(anchorsOf(votes, gold)).toEqual([{ votes: new Map([['j', 1]]), firstIsBetter: true }]);
  });
});
