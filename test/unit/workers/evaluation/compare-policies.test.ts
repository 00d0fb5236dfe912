import { createRng } from '../../../../core/math/rng.js';
import { comparePolicies, type Contender } from '../../../../workers/evaluation/compare-policies.js';
import { comparisonRows } from '../../../../workers/evaluation/report/comparison-rows.js';
import { arabic } from '../../../support/small-locales.js';

const prompts = ['one', 'two', 'three', 'four'].map((text) => ({ id: text, text, locale: 'ar' }));
const judge = {
  probabilityFirst: (_prompt: string, first: string, second: string) =>
    first === second ? 0.5 : first === 'good' ? 0.9 : 0.1,
};

function compare(contenders: readonly Contender[]): ReturnType<typeof comparePolicies> {
  const incumbent = prompts.map(() => 'plain');
  const rng = createRng(3);
  const measures = { locale: 'ar', rubric: 'r', profile: arabic, judge, register: 'msa' };
  return comparePolicies({ prompts, incumbent, contenders, measuresOf: () => measures, rng });
}

const texts = (...given: string[]): string[] => given;

describe('policies beside each other', () => {
  const [first, second, sampled] = compare([
    {
      name: 'ppo',
      texts: texts('good', 'good', 'good', 'bad'),
      kl: [1, 2, 3, 4],
      references: { nll: [4, 2], tokens: [1, 5] },
    },
    { name: 'dpo', texts: texts('good', 'bad', 'plain', 'bad'), kl: [0, 0, 0, 2] },
    { name: 'best of 4', texts: texts('plain', 'plain', 'plain', 'plain'), kl: 0.636 },
  ]);

  it('are judged against the checkpoint’s answer, ties half', () => {
    expect([first, second, sampled].map(({ winRate }) => winRate.value)).toEqual([0.75, 0.375, 0.5]);
  });

  it('differ on the same prompts: 0, 1, ½ and 0 points over four', () => {
    expect(first.firstMinusThis).toBeUndefined();
    expect(second.firstMinusThis?.value).toBe(0.375);
    expect(sampled.firstMinusThis?.value).toBe(0.25);
  });

  it('have their likelihood per token over all tokens, within what single answers have', () => {
    expect(first.heldOutNll).toMatchObject({ value: 1, low: 0.4, high: 4, n: 2 });
    expect(sampled.heldOutNll).toBeUndefined();
  });

  it('show a bound as a bound, and an interval as one', () => {
    expect(second.kl).toMatchObject({ value: 0.5 });
    expect(comparisonRows([sampled])[0]).toEqual([
      'best of 4',
      '50.0% (50.0 to 50.0, n = 4)',
      expect.stringMatching(/^25\.0%/),
      '0.0% (0.0 to 49.0, n = 4)',
      '–',
      'at most 0.64 nats',
    ]);
  });
});
