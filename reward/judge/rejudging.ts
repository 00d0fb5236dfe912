import type { AnswerPair } from '../../core/domain/preference.js';
import type { Criterion, Rubric } from '../../core/domain/rubric.js';
import { appliesTo } from '../rubric/applies-to.js';
import { askedCriteria } from './criteria-judge.js';
import { pairOrders, type OrderPlan } from './pair-orders.js';

export interface RejudgingInputs {
  /** The rubric that comes. */
  readonly rubric: Rubric;
  /** Those under which the pairs were judged before. */
  readonly judgedUnder: readonly Rubric[];
  readonly pairs: readonly AnswerPair[];
  readonly orders: OrderPlan;
}

/** What one judge would have to be asked before a rubric comes into force. At most: a veto by rule saves the question. */
export interface Rejudging {
  /** Judged criteria of which no verdict is kept. */
  readonly changed: readonly Criterion[];
  /** Judged criteria whose verdicts hold. */
  readonly kept: readonly Criterion[];
  /** Asked by criterion: questions about what changed. */
  readonly byCriterion: number;
  /** Asked by criterion with nothing kept. */
  readonly everyCriterion: number;
  /** Asked about the whole rubric, whose verdicts hold for that rubric alone. */
  readonly whole: number;
}

/**
 * Counts a swap's questions. A verdict on a criterion holds while the criterion's hash does, in whatever rubric, and one on
 * the whole while the rubric's does.
 */
export function planRejudging({ rubric, judgedUnder, pairs, orders }: RejudgingInputs): Rejudging {
  const known = new Set(
    judgedUnder.flatMap(({ hash, criteria }) => [hash, ...criteria.map((one) => one.hash)]),
  );
  const asked = askedCriteria(rubric);
  const changed = asked.filter(({ hash }) => !known.has(hash));
  const count = (questionsAbout: (pair: AnswerPair) => number): number =>
    pairs.reduce((sum, pair) => sum + pairOrders(pair.id, orders, 0).length * questionsAbout(pair), 0);
  const applying = (criteria: readonly Criterion[]): number =>
    count(({ prompt }) => criteria.filter((criterion) => appliesTo(criterion, prompt)).length);
  return {
    changed,
    kept: asked.filter(({ hash }) => known.has(hash)),
    byCriterion: applying(changed),
    everyCriterion: applying(asked),
    whole: known.has(rubric.hash) ? 0 : count(() => 1),
  };
}
