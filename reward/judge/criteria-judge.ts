import { requireAskable } from '../../core/config/require-askable.js';
import type { Criterion, Rubric } from '../../core/domain/rubric.js';
import type { Outcome, PairScore } from '../../core/domain/verdict.js';
import { appliesTo } from '../rubric/applies-to.js';
import { positiveWeight } from '../rubric/composite.js';
import type { AnswerScorer } from './answer-scorer.js';
import {
  compareComposites,
  compareScores,
  contributionDifferences,
  scoreDifference,
} from './compare-scores.js';
import type { Judge, JudgeRequest } from './judge.js';
import { verdictOf } from './verdict-of.js';

export interface CriteriaJudgeOptions {
  readonly rubric: Rubric;
  /** The rubric's deterministic criteria, which nobody is asked about. */
  readonly scoreAnswer: AnswerScorer;
}

/** The criteria of a rubric that an AI judge is asked about, where each is a question of its own. */
export function askedCriteria({ criteria }: Pick<Rubric, 'criteria'>): readonly Criterion[] {
  return criteria.filter(({ evaluator }) => evaluator === 'judge');
}

/**
 * A judge who is asked about each criterion by itself, and whose verdict on the whole follows: P(first) = σ(4·Δ), Δ the
 * sum over criteria of weight times the difference in score, divided by the positive weight, where a judged criterion's
 * difference is logit(p)/4, at most 1, and a deterministic one's is exact. So a rubric that changes in one criterion asks
 * about that one alone. A veto by rule decides without a question; one criterion without a verdict leaves the whole
 * without one; a judge who abstains from a criterion adds nothing there.
 *
 * A rubric with a formula is a BadInputError (`requireAskable`).
 */
export function createCriteriaJudge(judge: Judge, options: CriteriaJudgeOptions): Judge {
  requireAskable(options.rubric, { asks: 'criteria' });
  return {
    ...judge,
    judge: async (request, signal) =>
      verdictOf(judge.id, request, await outcomeOf(judge, request, { options, signal })),
  };
}

interface Asking {
  readonly options: CriteriaJudgeOptions;
  readonly signal: AbortSignal | undefined;
}

async function outcomeOf(
  judge: Judge,
  request: JudgeRequest,
  { options: { rubric, scoreAnswer }, signal }: Asking,
): Promise<Outcome<PairScore>> {
  const { prompt, first, second } = request.pair;
  const ruled = [scoreAnswer(prompt, first), scoreAnswer(prompt, second)] as const;
  const decided = ruled.some(({ vetoedBy }) => vetoedBy !== undefined)
    ? compareComposites(...ruled)
    : undefined;
  if (decided !== undefined) return { kind: 'scored', score: decided };
  const applicable = rubric.criteria.filter((criterion) => appliesTo(criterion, prompt));
  const asked = askedCriteria({ criteria: applicable });
  const outcomes = await Promise.all(
    asked.map(async (criterion) => (await judge.judge({ ...request, criterion }, signal)).outcome),
  );
  const failure = outcomes.find(({ kind }) => kind !== 'scored' && kind !== 'abstained');
  if (failure !== undefined) return failure;
  const judged = judgedContributions(asked, outcomes, positiveWeight(applicable));
  if (judged.size === 0) return { kind: 'abstained', reason: 'no criterion of the rubric was judged' };
  const contributions = { ...contributionDifferences(...ruled), ...Object.fromEntries(judged) };
  const difference = Object.values(contributions).reduce((sum, part) => sum + part, 0);
  return { kind: 'scored', score: { ...compareScores(difference, 0), contributions } };
}

/** By criterion key; empty where nothing that can earn was asked about. */
function judgedContributions(
  asked: readonly Criterion[],
  outcomes: readonly Outcome<PairScore>[],
  total: number,
): Map<string, number> {
  const contributions = new Map<string, number>();
  for (const [at, outcome] of outcomes.entries()) {
    if (outcome.kind !== 'scored' || total === 0) continue;
    const { key, weight } = asked[at];
    contributions.set(key, (weight * scoreDifference(outcome.score.probabilityFirst)) / total);
  }
  return contributions;
}
