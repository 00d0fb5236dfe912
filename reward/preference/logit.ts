/** Logits of probabilities are kept within ±4: a judge that says 0 or 1 is sure, not infinitely so. */
const LARGEST_LOGIT = 4;

/** 1 / (1 + e^−x). */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** log(p / (1 − p)), clipped to ±4. */
export function clippedLogit(probability: number): number {
  const logit = Math.log(probability) - Math.log1p(-probability);
  return Math.max(-LARGEST_LOGIT, Math.min(LARGEST_LOGIT, logit));
}
