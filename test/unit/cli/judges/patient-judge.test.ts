import { patientWith } from '../../../../cli/judges/patient-judge.js';
import { RewardNotReady } from '../../../../coordinator/score/reward-not-ready.js';
import type { Outcome, PairScore } from '../../../../core/domain/verdict.js';
import type { Judge } from '../../../../reward/judge/judge.js';
import { verdictOf } from '../../../../reward/judge/verdict-of.js';
import { emptyRubric, pairOf, promptOf } from '../../../support/reward-fixtures.js';
import { arabic } from '../../../support/small-locales.js';

const REQUEST = {
  pair: pairOf(promptOf(arabic, 'سؤال'), 'أ', 'ب'),
  rubric: emptyRubric,
  order: 'first_shown_first',
} as const;
const failed = (reason: string): Outcome<PairScore> => ({ kind: 'judge_failed', reason, retryable: true });

/** A judge whose replies are these in turn, asked by somebody who allows a fifth of ten to fail. */
function patient(outcomes: readonly Outcome<PairScore>[]): Judge {
  const replies = outcomes.values();
  const judge: Judge = {
    id: 'model',
    kind: 'language_model',
    judge: async (request) => {
      const next = replies.next();
      if (next.done === true) throw new Error('asked too often');
      return verdictOf('model', request, next.value);
    },
  };
  return patientWith(judge, { rubricId: 'ar', questions: 10, share: 0.2 });
}

describe('a judge that is waited for with patience', () => {
  it('may leave its share of questions without a verdict', async () => {
    const judge = patient([failed('HTTP 500'), failed('HTTP 500')]);
    for (let at = 0; at < 2; at += 1) expect((await judge.judge(REQUEST)).outcome.kind).toBe('judge_failed');
  });

  it('stops the judging at the first failure past it, and says what the judge said', async () => {
    const judge = patient([failed('HTTP 500'), { kind: 'unparseable', raw: '?' }, failed('HTTP 500')]);
    await judge.judge(REQUEST);
    await judge.judge(REQUEST);
    const rejected = judge.judge(REQUEST);
    await expect(rejected).rejects.toBeInstanceOf(RewardNotReady);
    await expect(rejected).rejects.toThrow(
      'Judge model left 3 of 10 questions about rubric ar without a verdict; allowed: 2 (judges.noVerdictShare 0.2). It said: HTTP 500 (2), a reply that does not keep to what was asked for (1).',
    );
  });

  it('takes an abstention, and an answer that the policy malformed, for what they are', async () => {
    const outcomes: Outcome<PairScore>[] = [
      ...Array.from({ length: 5 }, () => ({ kind: 'abstained' as const, reason: 'no opinion' })),
      ...Array.from({ length: 5 }, () => ({ kind: 'policy_malformed' as const, reason: 'empty' })),
    ];
    const judge = patient(outcomes);
    for (const outcome of outcomes) expect((await judge.judge(REQUEST)).outcome).toEqual(outcome);
  });
});
