import type { Outcome, PairScore, PairVerdict } from '../../core/domain/verdict.js';
import { clippedLogit } from './clipped-logit.js';

/** What each judge says of a pair, as the logit that its first answer is better, freed of position bias. By judge id. */
export type PairVotes = ReadonlyMap<string, number>;

type FailureKind = Exclude<Outcome<PairScore>['kind'], 'scored'>;

/** A judge's record over all pairs it was asked about. */
export interface JudgeRecord {
  readonly verdicts: number;
  /** Verdicts without a score, by kind of outcome. Never counted as ties. */
  readonly excluded: Readonly<Partial<Record<FailureKind, number>>>;
  /** β: what being shown first adds to an answer's logit, over the pairs scored in both orders; 0 where none was. */
  readonly positionBias: number;
}

export interface PanelVotes {
  /** By pair id; a pair that no judge scored is absent. */
  readonly votes: ReadonlyMap<string, PairVotes>;
  /** By judge id. */
  readonly judges: ReadonlyMap<string, JudgeRecord>;
  /** Number of verdicts without a score, by pair id. */
  readonly excludedByPair: ReadonlyMap<string, number>;
}

/** A judge's logits for one pair, by the order shown, in the frame of the pair's first answer. */
interface BothOrders {
  shownFirst?: number;
  shownSecond?: number;
}

/**
 * Balances verdicts over both orders. Under logit P(shown first wins) = d + β, the mean of the two logits in the
 * pair's frame is d exactly. Where one order has no score, the judge's β, from its other pairs, is taken off instead.
 */
export function collectVotes(verdicts: readonly PairVerdict[]): PanelVotes {
  const byJudge = new Map<string, Map<string, BothOrders>>();
  const counts = new Map<string, { verdicts: number; excluded: Partial<Record<FailureKind, number>> }>();
  const excludedByPair = new Map<string, number>();
  for (const { judgeId, pairId, order, outcome } of verdicts) {
    const count = counts.get(judgeId) ?? { verdicts: 0, excluded: {} };
    counts.set(judgeId, count);
    count.verdicts += 1;
    if (outcome.kind !== 'scored') {
      count.excluded[outcome.kind] = (count.excluded[outcome.kind] ?? 0) + 1;
      excludedByPair.set(pairId, (excludedByPair.get(pairId) ?? 0) + 1);
      continue;
    }
    const pairs = byJudge.get(judgeId) ?? new Map<string, BothOrders>();
    byJudge.set(judgeId, pairs);
    const orders = pairs.get(pairId) ?? {};
    pairs.set(pairId, orders);
    const logit = clippedLogit(outcome.score.probabilityFirst);
    if (order === 'first_shown_first') orders.shownFirst = logit;
    else orders.shownSecond = logit;
  }
  const votes = new Map<string, Map<string, number>>();
  const judges = new Map<string, JudgeRecord>();
  for (const [judgeId, count] of counts) {
    const pairs = byJudge.get(judgeId) ?? new Map<string, BothOrders>();
    const positionBias = biasOf([...pairs.values()]);
    judges.set(judgeId, { ...count, positionBias });
    for (const [pairId, orders] of pairs) {
      const pairVotes = votes.get(pairId) ?? new Map<string, number>();
      votes.set(pairId, pairVotes);
      pairVotes.set(judgeId, balanced(orders, positionBias));
    }
  }
  return { votes, judges, excludedByPair };
}

/** β = mean of ½(ℓ shown first − ℓ shown second) over the pairs scored in both orders. */
function biasOf(pairs: readonly BothOrders[]): number {
  let sum = 0;
  let complete = 0;
  for (const { shownFirst, shownSecond } of pairs) {
    if (shownFirst === undefined || shownSecond === undefined) continue;
    sum += (shownFirst - shownSecond) / 2;
    complete += 1;
  }
  return complete === 0 ? 0 : sum / complete;
}

function balanced({ shownFirst, shownSecond }: BothOrders, positionBias: number): number {
  if (shownFirst === undefined) return (shownSecond ?? 0) + positionBias;
  if (shownSecond === undefined) return shownFirst - positionBias;
  return (shownFirst + shownSecond) / 2;
}
