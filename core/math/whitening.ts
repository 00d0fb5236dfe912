import { invalid, requireSameLength } from './argument-checks.js';

export interface WhitenOptions {
  /** False keeps the mean and only scales, which is how rewards are whitened. True unless told. */
  readonly shiftMean?: boolean;
}

/** Beside the variance, inside the root; TRL and verl use the same. */
const EPSILON = 1e-8;

/**
 * (x − μ) / √(σ² + 1e-8) over the entries whose mask is not 0, with the unbiased variance (Bessel's correction), in
 * double precision. Entries outside the mask become 0 and do not count. [token]
 * Fewer than two entries inside the mask have no variance: `invalid_argument`, so that the caller decides.
 */
export function maskedWhiten(
  values: Float32Array,
  mask: Float32Array,
  options: WhitenOptions = {},
): Float32Array {
  requireSameLength({ values, mask });
  const { count, mean, variance } = maskedMoments(values, mask);
  if (count < 2) throw invalid(`Whitening needs at least 2 unmasked values; there are ${count}.`);
  const scale = 1 / Math.sqrt(variance + EPSILON);
  const shift = (options.shiftMean ?? true) ? 0 : mean;
  return values.map((value, at) => (mask[at] === 0 ? 0 : (value - mean) * scale + shift));
}

/** Two passes: the one-pass formula cancels where the mean is large against the deviation. */
function maskedMoments(
  values: Float32Array,
  mask: Float32Array,
): { readonly count: number; readonly mean: number; readonly variance: number } {
  let count = 0;
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) {
    if (mask[at] === 0) continue;
    count += 1;
    sum += values[at];
  }
  const mean = sum / count;
  let squares = 0;
  for (let at = 0; at < values.length; at += 1) {
    if (mask[at] !== 0) squares += (values[at] - mean) ** 2;
  }
  return { count, mean, variance: squares / (count - 1) };
}
