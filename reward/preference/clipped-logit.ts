/** A judge that says 0 or 1 is sure, not infinitely so. */
const LARGEST_LOGIT = 4;

/** log(p / (1 − p)) of a probability, clipped to ±4. */
export function clippedLogit(probability: number): number {
  const logit = Math.log(probability) - Math.log1p(-probability);
  return Math.max(-LARGEST_LOGIT, Math.min(LARGEST_LOGIT, logit));
}
