import { requireFinite, requireWithin } from './argument-checks.js';
import { logistic, softplus } from './logistic.js';

/** One pair of scored answers and the soft preference between them. */
export interface SoftPair {
  readonly scoreFirst: number;
  readonly scoreSecond: number;
  /** Probability y that the first is preferred, in [0, 1]. */
  readonly label: number;
  /** m: how far the preferred score should lead; subtracted from the logit in the label's direction. 0 unless told. */
  readonly margin?: number;
  /** o: added to the logit of "first preferred"; nuisance features that are absent at inference. 0 unless told. */
  readonly logitOffset?: number;
  /** c: weight of the squared sum of both scores, which keeps scores centred. 0 unless told. */
  readonly centring?: number;
}

export interface SoftPairLoss {
  readonly loss: number;
  /** ∂loss/∂scoreFirst */
  readonly gradientFirst: number;
  /** ∂loss/∂scoreSecond */
  readonly gradientSecond: number;
}

/**
 * The Bradley-Terry loss of one pair under a soft label: the expectation, over the label, of the hard-label loss
 * −log σ(lead − m) (Bradley & Terry 1952; margin as in Touvron et al. 2023, arXiv 2307.09288, section 3.2.2). With
 * z = r₁ − r₂ + o it is y·softplus(m − z) + (1 − y)·softplus(m + z) + c·(r₁ + r₂)²; the last term is the centring of
 * Eisenstein et al. 2023 (arXiv 2312.09244, equation 2). Swapping the answers with 1 − y and −o changes nothing.
 */
export function softBradleyTerry(pair: SoftPair): SoftPairLoss {
  const { scoreFirst, scoreSecond, label, margin = 0, logitOffset = 0, centring = 0 } = pair;
  requireWithin('A soft label', label, 0, 1);
  const logit = scoreFirst - scoreSecond + logitOffset;
  requireFinite('The logit of a pair', logit);
  const sum = scoreFirst + scoreSecond;
  const likelihood = label * softplus(margin - logit) + (1 - label) * softplus(margin + logit);
  const slope = (1 - label) * logistic(margin + logit) - label * logistic(margin - logit);
  const pull = 2 * centring * sum;
  return {
    loss: likelihood + centring * sum * sum,
    gradientFirst: slope + pull,
    gradientSecond: pull - slope,
  };
}
