import { createPanel } from '../../../../cli/judges/judge-panel.js';
import type { Criterion } from '../../../../core/domain/rubric.js';
import type { PairVerdict } from '../../../../core/domain/verdict.js';
import { createRng } from '../../../../core/math/rng.js';
import { createRecordedJudges } from '../../../../reward/judge/recorded-judge.js';
import { emptyRubric, pairOf, probabilityIn, promptOf } from '../../../support/reward-fixtures.js';
import { arabic } from '../../../support/small-locales.js';

const CRITERION: Criterion = {
  ...{ key: 'warmth', version: 1, dimension: 'norms', kind: 'principle', scale: 'continuous', weight: 1 },
  ...{
    evaluator: 'judge',
    parameters: {},
    description: 'The answer is warm.',
    hash: 'warmth-1',
    sources: [],
  },
};
const rubric = { ...emptyRubric, criteria: [CRITERION] };
const pair = pairOf(promptOf(arabic, 'سؤال'), 'أ', 'ب');
const order = 'first_shown_first';

/** What a judge of that record says, asked by criterion. */
async function said(question: Pick<PairVerdict, 'criterionHash'>): Promise<number> {
  const outcome = { kind: 'scored', score: { probabilityFirst: 0.7 } } as const;
  const verdict = {
    judgeId: 'gpt',
    rubricHash: rubric.hash,
    pairId: pair.id,
    order,
    outcome,
    ...question,
  } as const;
  const [, judge] = createPanel({
    ...{ rubric, lessons: [], asks: 'criteria', rng: createRng(1) },
    asked: createRecordedJudges([verdict], { source: 'record' }),
    scoreAnswer: () => ({ composite: 0, contributions: {} }),
  });
  return probabilityIn(await judge.judge({ pair, rubric, order }));
}

describe('a panel that is asked by criterion', () => {
  it('has a record say again what it holds, of the whole or of criteria', async () => {
    expect(await said({})).toBe(0.7);
    // One criterion that weighs all: the composite says what the criterion's verdict does.
    expect(await said({ criterionHash: 'warmth-1' })).toBeCloseTo(0.7);
  });
});
