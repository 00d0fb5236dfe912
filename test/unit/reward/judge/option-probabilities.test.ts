import type { TokenLogProb } from '../../../../reward/judge/chat-call.js';
import { optionProbabilities } from '../../../../reward/judge/option-probabilities.js';

const verdict = { name: 'verdict', options: ['A', 'B', 'tie'] };
const grade = { name: 'grade', options: [1, 2, 3, 4, 5, 6, 7, 8, 9] };

/** Tokens of which the one numbered `at` has alternatives, given as probabilities. */
function tokens(texts: readonly string[], at: number, top: Record<string, number>): TokenLogProb[] {
  return texts.map((token, index) => ({
    token,
    top:
      index === at
        ? Object.entries(top).map(([text, probability]) => ({ token: text, logProb: Math.log(probability) }))
        : [],
  }));
}

describe('optionProbabilities', () => {
  it.each([
    ['a token of its own', ['{"verdict":"', 'B', '"}'], 1, { B: 0.6, A: 0.3, tie: 0.1 }],
    ['a token with the quotation mark', ['{"verdict":', '"B', '"}'], 1, { '"B': 0.6, '"A': 0.3, '"t': 0.1 }],
    ['a token to the end', ['{"verdict"', ':', '"B"}'], 2, { '"B"}': 0.6, '"A"}': 0.3, '"tie': 0.1 }],
    ['a token with a space', ['{"verdict":', ' "', 'B"', '}'], 2, { 'B"': 0.6, 'A"': 0.2, A: 0.1, tie: 0.1 }],
  ])('reads a verdict from %s', (_case, texts, at, top) => {
    const probabilities = optionProbabilities(texts.join(''), tokens(texts, at, top), verdict);
    expect(probabilities?.map((probability) => probability.toFixed(12))).toEqual(
      [0.3, 0.6, 0.1].map((probability) => probability.toFixed(12)),
    );
  });

  it('leaves out what spells no option, and shares its mass among those that do', () => {
    const texts = ['{"verdict":"', 'A', '"}'];
    const top = { A: 0.4, B: 0.1, neither: 0.3, '\n': 0.2 };
    const found = optionProbabilities(texts.join(''), tokens(texts, 1, top), verdict);
    expect(found).toEqual([expect.closeTo(0.8, 12), expect.closeTo(0.2, 12), 0]);
  });

  it('reads a grade from its digit', () => {
    const texts = ['{"call_id":"7","grade":', '7', '}'];
    const top = { 7: 0.5, 8: 0.25, 6: 0.25 };
    const found = optionProbabilities(texts.join(''), tokens(texts, 1, top), grade);
    expect(found?.slice(5, 8)).toEqual([
      expect.closeTo(0.25, 12),
      expect.closeTo(0.5, 12),
      expect.closeTo(0.25, 12),
    ]);
  });

  it.each<[string, string, TokenLogProb[]]>([
    ['no tokens', '{"verdict":"A"}', []],
    ['tokens that do not spell the reply', '{"verdict":"A"}', tokens(['{"v', 'A'], 1, { A: 1 })],
    [
      'alternatives that are no option',
      '{"verdict":"A"}',
      tokens(['{"verdict":"', 'A', '"}'], 1, { x: 0.5, y: 0.5 }),
    ],
    [
      'a token that could begin two options',
      '{"verdict":"A"}',
      tokens(['{"verdict":', '"A"}'], 1, { '"': 1 }),
    ],
  ])('knows nothing from %s', (_case, content, given) => {
    expect(optionProbabilities(content, given, verdict)).toBeUndefined();
  });
});
