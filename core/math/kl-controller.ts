/**
 * The coefficient β of the KL penalty and how it follows the measured KL.
 *
 * A controller never changes; `updated` gives the next one. Its whole state is `state`, plain data that a checkpoint
 * can hold, and `klControllerFrom(state)` continues exactly where it was.
 */
import { invalid, requireFinite, requirePositive } from './argument-checks.js';

export type KlControllerState =
  | { readonly kind: 'fixed'; readonly coef: number }
  | { readonly kind: 'adaptive'; readonly coef: number; readonly target: number; readonly horizon: number };

export interface KlController {
  /** β, which multiplies each token's KL in the reward. */
  readonly coef: number;
  readonly state: KlControllerState;
  /**
   * The controller after a batch.
   * @param kl mean over the batch's sequences of the KL summed over a sequence's tokens, in nats
   * @param samples number of sequences in the batch
   */
  updated(kl: number, samples: number): KlController;
}

export interface AdaptiveKlOptions {
  /** β before the first batch. */
  readonly initial: number;
  /** Wanted KL in nats per sequence. */
  readonly target: number;
  /** Samples over which an error of 20% or more changes β by 20%. */
  readonly horizon: number;
}

/** Keeps β as it is. */
export function fixedKlController(coef: number): KlController {
  return klControllerFrom({ kind: 'fixed', coef });
}

/** The log-space proportional controller of Ziegler et al. 2019 (arXiv 1909.08593, section 2.2). */
export function adaptiveKlController(options: AdaptiveKlOptions): KlController {
  const { initial, target, horizon } = options;
  return klControllerFrom({ kind: 'adaptive', coef: initial, target, horizon });
}

/** The controller that a stored state describes. */
export function klControllerFrom(state: KlControllerState): KlController {
  requireCoefficient(state.coef);
  if (state.kind === 'fixed') {
    const fixed: KlController = { coef: state.coef, state, updated: () => fixed };
    return fixed;
  }
  requirePositive('The KL target', state.target);
  requirePositive('The KL horizon', state.horizon);
  return {
    coef: state.coef,
    state,
    updated: (kl, samples) => klControllerFrom({ ...state, coef: adapted(state, kl, samples) }),
  };
}

/** β · (1 + clip(KL/target − 1, ±0.2) · samples/horizon), and never below 0 for a batch larger than 5 horizons. */
function adapted(state: KlControllerState & { kind: 'adaptive' }, kl: number, samples: number): number {
  requireFinite('The measured KL', kl);
  if (!(samples >= 0)) throw invalid(`The number of samples is ${samples}; it must not be negative.`);
  const error = Math.min(Math.max(kl / state.target - 1, -0.2), 0.2);
  return state.coef * Math.max(1 + (error * samples) / state.horizon, 0);
}

function requireCoefficient(coef: number): void {
  requireFinite('The KL coefficient', coef);
  if (coef < 0) throw invalid(`The KL coefficient is ${coef}; it must not be negative.`);
}
