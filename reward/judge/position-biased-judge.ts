import type { Rng } from '../../core/math/rng.js';
import { logistic } from '../../core/math/logistic.js';
import { clippedLogit } from '../preference/clipped-logit.js';
import type { Judge } from './judge.js';

export interface PositionBiasOptions {
  /** Added to the logit of the answer that is shown first; language models were measured from −0.4 to +0.9. */
  readonly bias: number;
  /** Standard deviation of the noise on the logit. */
  readonly noise: number;
  readonly rng: Rng;
}

/**
 * SIMULATED: another judge made worse on purpose, by a position bias and by noise that differs with pair and order.
 * It stands in a panel so that order effects and disagreement are exercised where no language model judges; no
 * report may call it anything but simulated. Same pair, order and seed, same verdict.
 */
export function createPositionBiasedJudge(inner: Judge, options: PositionBiasOptions): Judge {
  const id = `simulated-position-biased-${inner.id}`;
  return {
    id,
    kind: 'simulated',
    judge: async (request, signal) => {
      const verdict = await inner.judge(request, signal);
      if (verdict.outcome.kind !== 'scored') return { ...verdict, judgeId: id };
      const towardsFirst = request.order === 'first_shown_first' ? options.bias : -options.bias;
      const noise = options.noise * options.rng.fork(`${request.pair.id}/${request.order}`).normal();
      const logit = clippedLogit(verdict.outcome.score.probabilityFirst) + towardsFirst + noise;
      return {
        ...verdict,
        judgeId: id,
        outcome: { kind: 'scored', score: { probabilityFirst: logistic(logit) } },
      };
    },
  };
}
