/**
 * Strengths of items from comparisons between them.
 *
 * The logit that a row's first item wins is its lead d = θ_first − θ_second + Σ_m value_m·β_m (Bradley & Terry 1952; the
 * covariates hold what moves a vote beside the items, such as which was shown first: Davidson & Beaver 1977). Ties go by a
 * tie model. The fit maximises the likelihood less ½λ‖θ‖² + ½λ_β‖β‖² + ½λ_t t²: Gaussian priors.
 *
 * With a prior on the strengths the optimum exists, is unique and is centred on 0 whatever the votes; without one it has
 * to be shown to exist, or the fit is refused. The objective is convex and Newton's steps are damped, so a fit is a
 * function of its input alone, up to rounding in the order of rows.
 */
import { invalid, requireWithin } from './argument-checks.js';
import type { BradleyTerryFit, BradleyTerryPriors } from './bradley-terry-fit.js';
import { BradleyTerryObjective } from './bradley-terry-objective.js';
import { totalWeight, type Comparisons } from './comparisons.js';
import { connectedGroups, requireWinsBothWays } from './connectivity.js';
import { fitSmallGroups } from './small-groups.js';
import { newmanStart } from './newman-start.js';
import { minimizeByNewton } from './newton-cg.js';
import { firstTieParameter, type TieModel } from './tie-model.js';

export interface BradleyTerryOptions {
  readonly priors: BradleyTerryPriors;
  /** `half` unless told. */
  readonly ties?: TieModel;
  /** It arrives at ‖gradient‖∞ ≤ tolerance·(1 + Σω); 1e-10 unless told. */
  readonly tolerance?: number;
  /** Where to begin; near the optimum where a few cheap sweeps come near it, unless told. */
  readonly start?: Pick<BradleyTerryFit, 'strengths' | 'terms' | 'tie'>;
}

const MAX_ITERATIONS = 200;
/** Up to this many items a group is quicker solved by itself and densely. */
const SMALL_GROUP = 32;
const TOLERANCE = 1e-10;

/** Fits strengths, terms and tie parameter. */
export function fitBradleyTerry(comparisons: Comparisons, options: BradleyTerryOptions): BradleyTerryFit {
  requireOptions(comparisons, options);
  const relative = options.tolerance ?? TOLERANCE;
  const ties = tieModelFor(comparisons, options.ties ?? 'half');
  if (options.priors.strengths === 0) requireWinsBothWays(comparisons);
  else if (ties === 'half' && comparisons.terms === undefined && options.start === undefined) {
    const groups = connectedGroups(comparisons);
    if (largestGroup(groups) <= SMALL_GROUP) {
      return fitSmallGroups(comparisons, groups, {
        precision: options.priors.strengths,
        tolerance: relative,
      });
    }
  }
  return fitWhole(comparisons, { ...options, ties }, relative * (1 + totalWeight(comparisons)));
}

function fitWhole(
  comparisons: Comparisons,
  { priors, ties, start }: BradleyTerryOptions & { readonly ties: TieModel },
  tolerance: number,
): BradleyTerryFit {
  const objective = new BradleyTerryObjective(comparisons, ties, priors);
  const { items, terms } = objective;
  const from = new Float64Array(objective.size);
  from.set(start?.strengths ?? newmanStart(comparisons, priors.strengths));
  if (start !== undefined) from.set(start.terms, items);
  if (ties !== 'half') from[items + terms] = start?.tie ?? firstTieParameter(ties);
  const { point, value, gradientNorm, iterations } = minimizeByNewton(objective, {
    start: from,
    tolerance,
    maxIterations: MAX_ITERATIONS,
    name: 'The Bradley-Terry fit',
    settle: (next) => {
      centre(next, items);
    },
  });
  return {
    strengths: point.slice(0, items),
    terms: point.slice(items, items + terms),
    ...(ties === 'half' ? {} : { tie: point[items + terms] }),
    logLikelihood: objective.penalty(point) - value,
    gradientNorm,
    iterations,
  };
}

/** Only the prior holds the mean at 0; a weak one lets rounding move it. Taking it out never raises the objective. */
function centre(point: Float64Array, items: number): void {
  let sum = 0;
  for (let item = 0; item < items; item += 1) sum += point[item];
  for (let item = 0; item < items; item += 1) point[item] -= sum / items;
}

/** Davidson's ν of votes without a tie is 0, and the model that of half ties. */
function tieModelFor({ ties }: Comparisons, model: TieModel): TieModel {
  return model === 'davidson' && ties.every((weight) => weight === 0) ? 'half' : model;
}

function largestGroup({ count, groupOf }: { readonly count: number; readonly groupOf: Int32Array }): number {
  const sizes = new Int32Array(count);
  for (const group of groupOf) sizes[group] += 1;
  return sizes.reduce((largest, size) => Math.max(largest, size), 0);
}

function requireOptions(
  { wins, losses, ties }: Comparisons,
  { priors, ties: model }: BradleyTerryOptions,
): void {
  requireWithin("The strengths' prior precision", priors.strengths, 0, Number.MAX_VALUE);
  requireWithin("The terms' prior precision", priors.terms ?? 0, 0, Number.MAX_VALUE);
  requireWithin("The tie parameter's prior precision", priors.tie ?? 0, 0, Number.MAX_VALUE);
  if (model === undefined || model === 'half') return;
  const decided = wins.some((weight, row) => weight + losses[row] > 0);
  if (!decided && (priors.tie ?? 0) === 0) {
    throw invalid('Every vote is a tie, so the tie parameter has no finite value. Give it a prior.');
  }
  if (model === 'rao_kupper' && ties.every((weight) => weight === 0)) {
    throw invalid('No vote is a tie, so the Rao-Kupper model does not apply. Count ties half.');
  }
}
