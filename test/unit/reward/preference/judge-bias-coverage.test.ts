import { createRng, type Rng } from '../../../../core/math/rng.js';
import { judgeTerms } from '../../../../reward/preference/judge-terms.js';
import { clustersOf, itemVotesOfTable, rankItems } from '../../../../reward/preference/rank-items.js';
import { buildVoteTable, type GivenVote, type VoteTable } from '../../../../reward/preference/vote-table.js';

const SIMULATIONS = 200;
const PROMPTS = 300;
const STRENGTHS = { a: 1.2, b: 0.5, c: 0.1, d: -0.3, e: -0.5, f: -1 };
const ITEMS = Object.keys(STRENGTHS);
const NO_BIAS = { order: 0, length: 0, copies: 0 };

/** What is known of each judge beside that it sees the items' strengths: in logits, as a term's value is. */
const JUDGES = {
  fair: NO_BIAS,
  hasty: { ...NO_BIAS, order: 0.8 },
  wordy: { ...NO_BIAS, length: 1.5 },
  copycat: { ...NO_BIAS, copies: 1 },
};

/** Each judge's votes on one pair a prompt; the copycat hears what `fair` said of it. */
function simulate(rng: Rng): VoteTable {
  const votes: GivenVote[] = [];
  for (let prompt = 0; prompt < PROMPTS; prompt += 1) {
    const [first, second] = rng.shuffle(Object.entries(STRENGTHS));
    const lengths = [20 + rng.integer(180), 20 + rng.integer(180)] as const;
    const shownFirst = rng.integer(2) === 0 ? 1 : -1;
    let heard = 0;
    for (const [judge, { order, length, copies }] of Object.entries(JUDGES)) {
      const lead = (lengths[0] - lengths[1]) / (lengths[0] + lengths[1]);
      const logit = first[1] - second[1] + order * shownFirst + length * lead + copies * heard;
      const vote = Number(rng.uniform() < 1 / (1 + Math.exp(-logit)));
      if (judge === 'fair') heard = 2 * vote - 1;
      votes.push({
        judge,
        prompt: `p${prompt}`,
        items: [first[0], second[0]],
        order: shownFirst === 1 ? 'first_shown_first' : 'second_shown_first',
        probabilityFirst: vote,
        isBare: true,
        weight: 1,
        lengths,
        line: votes.length + 2,
      });
    }
  }
  return buildVoteTable(votes, 'simulation');
}

describe('fitting judges of known biases', () => {
  it('covers every true bias and strength in about 95 of 100 of 95 % intervals, over 200 simulations', () => {
    const covered = new Map<string, number>();
    const note = (name: string, error: number, truth: number, value: number): void => {
      covered.set(name, (covered.get(name) ?? 0) + Number(Math.abs(value - truth) <= 1.959964 * error));
    };
    for (let simulation = 0; simulation < SIMULATIONS; simulation += 1) {
      const table = simulate(createRng(2026).fork(simulation));
      const named = judgeTerms(table, {
        order: 'judge',
        length: true,
        copies: [{ judge: 'copycat', of: 'fair' }],
      });
      const clusterOf = clustersOf(table, 'prompt');
      if (named === undefined || clusterOf === undefined)
        throw new Error('a simulation has terms and prompts');
      const { items, fit, termErrors } = rankItems(
        { ...itemVotesOfTable(table, 'simulation'), terms: named.terms },
        table.items,
        {
          ties: 'half',
          priors: { strengths: 1e-6 },
          clusterOf,
          level: 0.95,
        },
      );
      named.names.forEach(({ kind, judge }, at) => {
        note(`${kind} ${judge}`, termErrors[at], JUDGES[judge as keyof typeof JUDGES][kind], fit.terms[at]);
      });
      for (const { item, standardError = NaN, strength } of items) {
        note(`strength ${item}`, standardError, STRENGTHS[item as keyof typeof STRENGTHS], strength);
      }
    }
    expect(covered.size).toBe(2 * Object.keys(JUDGES).length + 1 + ITEMS.length);
    // 200 trials at 0.95: 190, give or take three standard deviations of 3.08.
    const outside = [...covered].filter(([, count]) => count < 180 || count > 199);
    expect(outside).toEqual([]);
  });
});
