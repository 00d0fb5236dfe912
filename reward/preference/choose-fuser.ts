/**
 * What fuses a panel where anchors exist: the anchored stack, or one judge where held-out anchors show that it does better
 * alone. The comparison is cross-fitted, so nothing is measured on what it was fitted on, and a lead that chance explains
 * is no lead: with a few dozen anchors, believing every lead costs more than it brings.
 */
import { MajlisError } from '../../core/errors.js';
import { fitAnchoredStack, type Anchor, type Fuser } from './fuser.js';

/** How well something predicts anchors that it was not fitted on. */
export interface HeldOutScore {
  /** Share of right anchors, an undecided one half. */
  readonly accuracy: number;
  /** Mean of −log P(the better answer), in nats. It moves with every anchor, accuracy by whole ones. */
  readonly logLoss: number;
  /** Mean squared error of the probability. */
  readonly brier: number;
}

export interface FuserChoice {
  /** Fitted on all anchors: the judge alone where its held-out log-loss is clearly the lower one, else the stack. */
  readonly fuser: Fuser;
  readonly stack: HeldOutScore;
  /** A judge alone: in each fold the one that was right most often in the others. */
  readonly judge: HeldOutScore;
  /** The judge that all anchors together would choose. */
  readonly bestJudge: string;
  /** λ under which `fuser` was fitted. */
  readonly penalty: number;
  /** −1, ½ or 1 by anchor: the stack's success less the chosen judge's, for a paired interval. [anchor] */
  readonly successDifferences: Float64Array;
}

/**
 * λ of the stack, for votes worth a logit of ±1. On LLMBar's recorded judges with 20, 40 and 80 anchors it predicts better
 * than 1 or 2, and as well as 8, by accuracy and by Brier score.
 */
const PENALTY = 4;
const JUDGE_PENALTY = 1;
const FOLDS = 10;
/** Standard errors by which a judge has to lead: one-sided 5 %. */
const CLEAR_LEAD = 1.645;
/** Fewer leave folds in which a judge is right or wrong by chance. */
export const LEAST_ANCHORS = 8;

/**
 * Fits the stack, compares it with the best single judge on held-out anchors, and gives the better one.
 * @param penalty λ of the stack
 */
export function chooseFuser(anchors: readonly Anchor[], penalty = PENALTY): FuserChoice {
  if (anchors.length < LEAST_ANCHORS) {
    throw new MajlisError(
      `There are ${anchors.length} anchors that a judge voted on; fusing by anchors needs ${LEAST_ANCHORS}. Name more, or fuse without.`,
      { code: 'failed_precondition' },
    );
  }
  const fitStack = (training: readonly Anchor[]): Fuser => fitAnchoredStack(training, penalty);
  const stack = crossFitted(anchors, fitStack);
  const judge = crossFitted(anchors, fitBestJudge);
  const stackScore = scoreOf(stack);
  const judgeScore = scoreOf(judge);
  const best = fitBestJudge(anchors);
  const isJudge = leadsClearly(judge, stack);
  return {
    fuser: isJudge ? best : fitStack(anchors),
    penalty: isJudge ? JUDGE_PENALTY : penalty,
    stack: stackScore,
    judge: judgeScore,
    bestJudge: [...best.weights.keys()][0],
    successDifferences: Float64Array.from(judge, (alone, at) => success(stack[at]) - success(alone)),
  };
}

/** The fuser that anchors of a run choose: by comparison where there are enough of them, else the stack. */
export function fuserByAnchors(anchors: readonly Anchor[], penalty: number): Fuser {
  return anchors.length < LEAST_ANCHORS
    ? fitAnchoredStack(anchors, penalty)
    : chooseFuser(anchors, penalty).fuser;
}

/** The judge that is right most often on the anchors, with its logit scaled by them. Ties go to the first by id. */
export function fitBestJudge(anchors: readonly Anchor[]): Fuser {
  const ids = [...new Set(anchors.flatMap(({ votes }) => [...votes.keys()]))].sort();
  const right = ids.map((id) =>
    anchors.reduce((sum, { votes, firstIsBetter }) => {
      const logit = votes.get(id) ?? 0;
      return sum + success(0.5 + (firstIsBetter ? 1 : -1) * Math.sign(logit) * 0.5);
    }, 0),
  );
  const best = ids[right.indexOf(Math.max(...right))];
  const alone = anchors.map(({ votes, firstIsBetter }) => ({
    votes: new Map([[best, votes.get(best) ?? 0]]),
    firstIsBetter,
  }));
  return { ...fitAnchoredStack(alone, JUDGE_PENALTY), method: 'best_judge' };
}

/** P(the better answer) of each anchor by a fuser fitted on the other folds. [anchor] */
function crossFitted(anchors: readonly Anchor[], fit: (training: readonly Anchor[]) => Fuser): Float64Array {
  const fusers = Array.from({ length: FOLDS }, (_, fold) =>
    fit(anchors.filter((_anchor, at) => at % FOLDS !== fold)),
  );
  return Float64Array.from(anchors, ({ votes, firstIsBetter }, at) => {
    const first = fusers[at % FOLDS].fuse(votes);
    return firstIsBetter ? first : 1 - first;
  });
}

function scoreOf(probabilities: Float64Array): HeldOutScore {
  const n = probabilities.length;
  return {
    accuracy: probabilities.reduce((sum, p) => sum + success(p), 0) / n,
    logLoss: logLoss(probabilities),
    brier: probabilities.reduce((sum, p) => sum + (1 - p) ** 2, 0) / n,
  };
}

/** Whether the first predicts better than the second by more than chance: the mean difference against its standard error. */
function leadsClearly(one: Float64Array, other: Float64Array): boolean {
  const n = one.length;
  const gains = one.map(
    (p, at) => Math.log(Math.max(p, Number.MIN_VALUE)) - Math.log(Math.max(other[at], Number.MIN_VALUE)),
  );
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / n;
  const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / (n - 1);
  return mean > CLEAR_LEAD * Math.sqrt(variance / n);
}

function logLoss(probabilities: Float64Array): number {
  return (
    probabilities.reduce((sum, p) => sum - Math.log(Math.max(p, Number.MIN_VALUE)), 0) / probabilities.length
  );
}

function success(probability: number): number {
  return probability === 0.5 ? 0.5 : Number(probability > 0.5);
}
