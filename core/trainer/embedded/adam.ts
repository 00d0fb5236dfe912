/** What an Adam step changes, flat over all parameters. [parameter] */
export interface AdamState {
  readonly weights: Float32Array;
  readonly gradient: Float32Array;
  /** First moment. */
  readonly mean: Float32Array;
  /** Second moment. */
  readonly variance: Float32Array;
}

export interface AdamSettings {
  readonly learningRate: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
  /** Largest global gradient norm; absent means no clipping. */
  readonly clip?: number;
  /** Steps taken so far, this one included. */
  readonly count: number;
}

export interface AdamOutcome {
  /** Global norm of the gradient before clipping. */
  readonly gradNorm: number;
  readonly skipped: boolean;
}

/** Added to the norm before dividing by it, as PyTorch's clip_grad_norm_ does. */
const NORM_EPSILON = 1e-6;

/**
 * One step of Adam (Kingma and Ba 2015) with decoupled weight decay on every parameter (Loshchilov and Hutter 2019)
 * and clipping by global norm, in the order in which PyTorch's AdamW does it. A non-finite norm changes nothing.
 */
export function adamStep(state: AdamState, settings: AdamSettings): AdamOutcome {
  const gradNorm = norm(state.gradient);
  if (!Number.isFinite(gradNorm)) return { gradNorm, skipped: true };
  const { weights, gradient, mean, variance } = state;
  const { learningRate, betas, eps, weightDecay, clip, count } = settings;
  const scale = clip === undefined ? 1 : Math.min(1, clip / (gradNorm + NORM_EPSILON));
  const [beta1, beta2] = betas;
  const stepSize = learningRate / (1 - beta1 ** count);
  const correction = 1 / Math.sqrt(1 - beta2 ** count);
  const decay = 1 - learningRate * weightDecay;
  for (let at = 0; at < weights.length; at += 1) {
    const slope = gradient[at] * scale;
    const first = beta1 * mean[at] + (1 - beta1) * slope;
    const second = beta2 * variance[at] + (1 - beta2) * slope * slope;
    mean[at] = first;
    variance[at] = second;
    weights[at] = weights[at] * decay - (stepSize * first) / (Math.sqrt(second) * correction + eps);
  }
  return { gradNorm, skipped: false };
}

/** In four interleaved sums, which a processor adds side by side. */
function norm(values: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length - (values.length % 4);
  for (let at = 0; at < whole; at += 4) {
    a += values[at] * values[at];
    b += values[at + 1] * values[at + 1];
    c += values[at + 2] * values[at + 2];
    d += values[at + 3] * values[at + 3];
  }
  for (let at = whole; at < values.length; at += 1) a += values[at] * values[at];
  return Math.sqrt(a + b + c + d);
}
