import type { Criterion, Rubric } from '../../../../core/domain/rubric.js';
import type { Outcome, PairScore } from '../../../../core/domain/verdict.js';
import type { AnswerScorer } from '../../../../reward/judge/answer-scorer.js';
import { createCriteriaJudge } from '../../../../reward/judge/criteria-judge.js';
import type { Judge, JudgeRequest } from '../../../../reward/judge/judge.js';
import { verdictOf } from '../../../../reward/judge/verdict-of.js';
import { emptyRubric, pairOf, promptOf } from '../../../support/reward-fixtures.js';
import { arabic } from '../../../support/small-locales.js';

function criterion(key: string, weight: number, evaluator: string, more: Partial<Criterion> = {}): Criterion {
  return {
    ...{ key, version: 1, dimension: 'norms', kind: 'principle', scale: 'continuous', weight, evaluator },
    ...{ parameters: {}, description: key, sources: [], hash: `hash of ${key}` },
    ...more,
  };
}

const RUBRIC: Rubric = {
  ...emptyRubric,
  criteria: [
    criterion('warmth', 2, 'judge'),
    criterion('rude', 1, 'judge', { kind: 'pitfall' }),
    criterion('names', 2, 'local-entity'),
    criterion('numbers', 4, 'judge', { appliesWhen: { words: ['رقم'] } }),
  ],
};
const PAIR = pairOf(promptOf(arabic, 'سؤال'), 'أ', 'ب');
/** Rules give the first answer 0.5 more under `names`, which weighs 2 of 4. */
const rules: AnswerScorer = (_prompt, answer) => ({
  value: answer === 'أ' ? 0.25 : 0,
  contributions: { names: answer === 'أ' ? 0.25 : 0 },
});

class Asked implements Judge {
  readonly id = 'model';
  readonly kind = 'language_model';
  readonly questions: JudgeRequest[] = [];

  constructor(private readonly outcomes: Readonly<Record<string, Outcome<PairScore>>>) {}

  judge = async (request: JudgeRequest): ReturnType<Judge['judge']> => {
    this.questions.push(request);
    return verdictOf(this.id, request, this.outcomes[request.criterion?.key ?? 'whole']);
  };
}

const scored = (probabilityFirst: number): Outcome<PairScore> => ({
  kind: 'scored',
  score: { probabilityFirst },
});
const judged = async (
  outcomes: Readonly<Record<string, Outcome<PairScore>>>,
  scoreAnswer: AnswerScorer = rules,
): Promise<{ outcome: Outcome<PairScore>; asked: Asked }> => {
  const asked = new Asked(outcomes);
  const judge = createCriteriaJudge(asked, { rubric: RUBRIC, scoreAnswer });
  const verdict = await judge.judge({ pair: PAIR, rubric: RUBRIC, order: 'second_shown_first' });
  expect(verdict).toMatchObject({ judgeId: 'model', rubricHash: RUBRIC.hash, pairId: PAIR.id });
  expect(verdict.criterionHash).toBeUndefined();
  return { outcome: verdict.outcome, asked };
};

describe('a judge who is asked by criterion', () => {
  it('is asked about each judged criterion that applies, in the order asked for, and about no other', async () => {
    const { asked } = await judged({ warmth: scored(0.5), rude: scored(0.5) });
    expect(asked.questions.map(({ criterion, order }) => [criterion?.key, order])).toEqual([
      ['warmth', 'second_shown_first'],
      ['rude', 'second_shown_first'],
    ]);
  });

  it('weighs what was said with what rules say exactly', async () => {
    // logit(0.88079708)/4 = 2/4 and logit(0.26894142)/4 = −1/4; weights 2, 1 of a positive weight of 4: Δ = 0.25 − 0.0625
    // + 0.25 by the rules, and σ(4·0.4375) = 0.8519528.
    const { outcome } = await judged({ warmth: scored(0.880797078), rude: scored(0.268941421) });
    if (outcome.kind !== 'scored') throw new Error(outcome.kind);
    expect(outcome.score.contributions).toEqual({
      names: 0.25,
      warmth: expect.closeTo(0.25, 8),
      rude: expect.closeTo(-0.0625, 8),
    });
    expect(outcome.score.probabilityFirst).toBeCloseTo(0.851952802, 8);
  });

  it('takes no verdict for more than the whole scale, however sure', async () => {
    const { outcome } = await judged({ warmth: scored(1), rude: scored(0.5) });
    if (outcome.kind !== 'scored') throw new Error(outcome.kind);
    expect(outcome.score.contributions?.warmth).toBe(0.5);
  });

  it.each([
    { kind: 'judge_failed', reason: 'HTTP 500', retryable: true },
    { kind: 'unparseable', raw: 'well' },
    { kind: 'policy_malformed', reason: 'too long' },
  ] as const)('has no verdict on the whole where one criterion has none: $kind', async (failure) => {
    const { outcome } = await judged({ warmth: scored(0.9), rude: failure });
    expect(outcome).toEqual(failure);
  });

  it('adds nothing where it abstains, and abstains where it does so everywhere', async () => {
    const abstained: Outcome<PairScore> = { kind: 'abstained', reason: 'no opinion' };
    const { outcome } = await judged({ warmth: scored(0.5), rude: abstained });
    expect(outcome).toMatchObject({ score: { contributions: { names: 0.25, warmth: 0 } } });
    expect((await judged({ warmth: abstained, rude: abstained })).outcome.kind).toBe('abstained');
  });

  it('asks nothing where a rule has vetoed an answer', async () => {
    const vetoed: AnswerScorer = (_prompt, answer) =>
      answer === 'أ'
        ? { value: -1, contributions: { names: -1 }, vetoedBy: 'names' }
        : rules(PAIR.prompt, answer);
    const { outcome, asked } = await judged({}, vetoed);
    expect(asked.questions).toEqual([]);
    // σ(4·(−1 − 0)).
    expect(outcome).toMatchObject({ score: { probabilityFirst: expect.closeTo(0.017986209962, 9) } });
  });

  it('refuses a rubric whose formula needs scores of single answers, with the way out', () => {
    const rubric = { ...RUBRIC, composite: { formula: 'warmth * names' } };
    expect(() => createCriteriaJudge(new Asked({}), { rubric, scoreAnswer: rules })).toThrow(
      'a run file with judges.asks: rubric',
    );
  });
});
