import type { PairVerdict } from '../../core/domain/verdict.js';
import { logistic } from '../../core/math/logistic.js';
import type { Fuser } from './fuser.js';
import type { PanelVotes } from './panel-votes.js';
import { collectVotes } from './panel-votes.js';

/** How often something agrees with gold. */
export interface Accuracy {
  /** Share of the judged pairs that are right, ties half; absent where no pair was judged. */
  readonly accuracy?: number;
  readonly pairs: number;
  /** Mean squared error of the probability. */
  readonly brier?: number;
}

export interface PanelAccuracy {
  /** By judge id, each after balancing its two orders. */
  readonly judges: ReadonlyMap<string, Accuracy>;
  readonly fused: Accuracy;
}

/** Whether the first answer is the better one, by pair id. */
export type Gold = ReadonlyMap<string, boolean>;

/** The accuracy of each judge and of the fused panel on gold pairs. Pass gold that the fuser was not fitted on. */
export function panelAccuracy(verdicts: readonly PairVerdict[], gold: Gold, fuser: Fuser): PanelAccuracy {
  const { votes, judges } = collectVotes(verdicts);
  return {
    judges: new Map([...judges.keys()].map((id) => [id, judgeAccuracy(id, votes, gold)])),
    fused: accuracyOf(scoreAgainst(gold, (pairId) => fuseKnown(votes, pairId, fuser))),
  };
}

function fuseKnown(votes: PanelVotes['votes'], pairId: string, fuser: Fuser): number | undefined {
  const pairVotes = votes.get(pairId);
  return pairVotes === undefined ? undefined : fuser.fuse(pairVotes);
}

function judgeAccuracy(judgeId: string, votes: PanelVotes['votes'], gold: Gold): Accuracy {
  return accuracyOf(
    scoreAgainst(gold, (pairId) => {
      const logit = votes.get(pairId)?.get(judgeId);
      return logit === undefined ? undefined : logistic(logit);
    }),
  );
}

interface Judged {
  readonly probability: number;
  readonly truth: number;
}

function scoreAgainst(gold: Gold, probabilityOf: (pairId: string) => number | undefined): Judged[] {
  return [...gold].flatMap(([pairId, firstIsBetter]) => {
    const probability = probabilityOf(pairId);
    return probability === undefined ? [] : [{ probability, truth: firstIsBetter ? 1 : 0 }];
  });
}

function accuracyOf(judged: readonly Judged[]): Accuracy {
  if (judged.length === 0) return { pairs: 0 };
  let right = 0;
  let squares = 0;
  for (const { probability, truth } of judged) {
    right += probability === 0.5 ? 0.5 : Number(probability > 0.5 === (truth === 1));
    squares += (probability - truth) ** 2;
  }
  return { accuracy: right / judged.length, pairs: judged.length, brier: squares / judged.length };
}
