import { logistic, softplus } from '../../../core/math/logistic.js';
import type { SmoothObjective } from '../../../core/math/lbfgs.js';
import type { PairDesign } from './pair-design.js';

export interface ObjectiveSettings {
  /** λ of ½λ‖w‖² on the weights of n-grams. */
  readonly ngramPenalty: number;
  /** λ of the same on criteria, and on what a locale weighs otherwise. */
  readonly criterionPenalty: number;
  /** λ of the same on the nuisance weights: small, since what they do not explain falls to the others. */
  readonly stylePenalty: number;
  /** Where the prior of the first dense weight, that of the rules' composite, has its mean; of all others it is 0. */
  readonly compositePrior: number;
  /** c of the penalty c·(r₁ + r₂ − mean of r₁ + r₂)² of a pair. */
  readonly centring: number;
  /** Even pairs have a probability of their own (Rao & Kupper 1967) whose width is fitted too. */
  readonly tieWidth: boolean;
}

/** Where the parts of a parameter vector start: n-grams, dense features, style features, and log η where it is fitted. */
export interface ParameterLayout {
  readonly dense: number;
  readonly style: number;
  readonly tie: number;
  readonly length: number;
}

/** η before anything is known: even pairs are one in five between equals, as 1 − 2σ(−η) with η = 0.4. */
export const FIRST_LOG_TIE_WIDTH = Math.log(0.4);

export function layoutOf(
  { buckets, denseWidth, styleWidth }: PairDesign,
  tieWidth: boolean,
): ParameterLayout {
  const tie = buckets + denseWidth + styleWidth;
  return { dense: buckets, style: buckets + denseWidth, tie, length: tie + (tieWidth ? 1 : 0) };
}

/**
 * The penalized negative log-likelihood of weighted pairs, with Δ = r₁ − r₂ + γ·(style gap):
 *
 *   decided  y·softplus(η + m − Δ) + (1 − y)·softplus(η + m + Δ)
 *   even     softplus(η − Δ) + softplus(η + Δ) − log(e^{2η} − 1)
 *
 * where m is the pair's margin and η the width of ties (Rao & Kupper 1967: P(first) = σ(Δ − η), P(even) = 1 − P(first) −
 * P(second)); without one, η is 0 and even pairs are decided ones of label ½. Each r₁ + r₂ pays the centring by its distance
 * from their mean, so that features which are never negative are not held back for it, and each weight pays its penalty.
 * `weights` are ω, [pair]; pairs of weight 0 are skipped.
 */
export function pairObjective(
  design: PairDesign,
  weights: Float64Array,
  settings: ObjectiveSettings,
): SmoothObjective {
  const layout = layoutOf(design, settings.tieWidth);
  const answers = design.offsets.length - 1;
  const rewards = new Float64Array(answers);
  const slopes = new Float64Array(answers);
  const isUsed = usedAnswers(design, weights, answers);
  return (point, gradient) => {
    gradient.fill(0);
    scoreAnswers(design, point, { rewards, isUsed });
    slopes.fill(0);
    const loss = pairLosses(design, { point, gradient, weights, rewards, slopes, settings, layout });
    addAnswerSlopes(design, gradient, { slopes, isUsed });
    return loss + addPenalties(point, gradient, settings, layout);
  };
}

/**
 * The curvature of the objective along each parameter where every pair is undecided, ω/4 a pair: what steps are scaled by.
 * The centring is left out; it is small. [parameter]
 */
export function pairCurvatures(
  design: PairDesign,
  weights: Float64Array,
  settings: ObjectiveSettings,
): Float64Array {
  const { buckets, offsets, indices, values, dense, denseWidth, style, styleWidth, first, second } = design;
  const layout = layoutOf(design, settings.tieWidth);
  const curvatures = new Float64Array(layout.length).fill(1);
  curvatures.fill(settings.ngramPenalty, 0, layout.dense);
  curvatures.fill(settings.criterionPenalty, layout.dense, layout.style);
  curvatures.fill(settings.stylePenalty, layout.style, layout.tie);
  const gaps = new Float64Array(buckets);
  for (let pair = 0; pair < weights.length; pair += 1) {
    const weight = weights[pair] / 4;
    if (weight === 0) continue;
    const [a, b] = [first[pair], second[pair]];
    for (let at = offsets[a]; at < offsets[a + 1]; at += 1) gaps[indices[at]] += values[at];
    for (let at = offsets[b]; at < offsets[b + 1]; at += 1) gaps[indices[at]] -= values[at];
    for (const answer of [a, b]) {
      for (let at = offsets[answer]; at < offsets[answer + 1]; at += 1) {
        const gap = gaps[indices[at]];
        curvatures[indices[at]] += weight * gap * gap;
        gaps[indices[at]] = 0;
      }
    }
    for (let at = 0; at < denseWidth; at += 1) {
      curvatures[layout.dense + at] +=
        weight * (dense[a * denseWidth + at] - dense[b * denseWidth + at]) ** 2;
    }
    for (let at = 0; at < styleWidth; at += 1) {
      curvatures[layout.style + at] += weight * style[pair * styleWidth + at] ** 2;
    }
  }
  if (layout.length > layout.tie)
    curvatures[layout.tie] += weights.reduce((sum, weight) => sum + weight, 0) / 4;
  return curvatures;
}

/** Rewards of all answers of a design under a parameter vector. [answer] */
export function rewardsOf(design: PairDesign, point: Float64Array): Float64Array {
  const answers = design.offsets.length - 1;
  const rewards = new Float64Array(answers);
  scoreAnswers(design, point, { rewards, isUsed: new Uint8Array(answers).fill(1) });
  return rewards;
}

/** The nuisance part of each pair's logit, γ·(style gap). [pair] */
export function styleLogits(design: PairDesign, point: Float64Array): Float64Array {
  const { styleWidth, style } = design;
  const start = design.buckets + design.denseWidth;
  return design.labels.map((_, pair) => {
    let sum = 0;
    for (let at = 0; at < styleWidth; at += 1) sum += point[start + at] * style[pair * styleWidth + at];
    return sum;
  });
}

function usedAnswers({ first, second }: PairDesign, weights: Float64Array, answers: number): Uint8Array {
  const isUsed = new Uint8Array(answers);
  for (let pair = 0; pair < weights.length; pair += 1) {
    if (weights[pair] > 0) isUsed[first[pair]] = isUsed[second[pair]] = 1;
  }
  return isUsed;
}

function scoreAnswers(
  { offsets, indices, values, dense, denseWidth, buckets }: PairDesign,
  point: Float64Array,
  { rewards, isUsed }: { readonly rewards: Float64Array; readonly isUsed: Uint8Array },
): void {
  for (let answer = 0; answer < rewards.length; answer += 1) {
    if (isUsed[answer] === 0) continue;
    // Two sums, since each addition to one would wait for the last.
    let even = 0;
    let odd = 0;
    const end = offsets[answer + 1];
    let next = offsets[answer];
    for (; next + 1 < end; next += 2) {
      even += values[next] * point[indices[next]];
      odd += values[next + 1] * point[indices[next + 1]];
    }
    if (next < end) even += values[next] * point[indices[next]];
    let sum = even + odd;
    const row = answer * denseWidth;
    for (let at = 0; at < denseWidth; at += 1) sum += dense[row + at] * point[buckets + at];
    rewards[answer] = sum;
  }
}

function addAnswerSlopes(
  { offsets, indices, values, dense, denseWidth, buckets }: PairDesign,
  gradient: Float64Array,
  { slopes, isUsed }: { readonly slopes: Float64Array; readonly isUsed: Uint8Array },
): void {
  for (let answer = 0; answer < slopes.length; answer += 1) {
    if (isUsed[answer] === 0) continue;
    const slope = slopes[answer];
    const end = offsets[answer + 1];
    for (let at = offsets[answer]; at < end; at += 1) gradient[indices[at]] += slope * values[at];
    const row = answer * denseWidth;
    for (let at = 0; at < denseWidth; at += 1) gradient[buckets + at] += slope * dense[row + at];
  }
}

interface PairPass {
  readonly point: Float64Array;
  readonly gradient: Float64Array;
  readonly weights: Float64Array;
  readonly rewards: Float64Array;
  readonly slopes: Float64Array;
  readonly settings: ObjectiveSettings;
  readonly layout: ParameterLayout;
}

function pairLosses(design: PairDesign, pass: PairPass): number {
  const { point, gradient, weights, rewards, slopes, settings, layout } = pass;
  const { first, second, labels, margins, ties, style, styleWidth } = design;
  const meanSum = meanOfSums(design, weights, rewards);
  const eta = settings.tieWidth ? Math.exp(point[layout.tie]) : 0;
  let loss = 0;
  for (let pair = 0; pair < weights.length; pair += 1) {
    const weight = weights[pair];
    if (weight === 0) continue;
    const [a, b] = [first[pair], second[pair]];
    let logit = rewards[a] - rewards[b];
    const row = pair * styleWidth;
    for (let at = 0; at < styleWidth; at += 1) logit += point[layout.style + at] * style[row + at];
    const isEven = settings.tieWidth && ties[pair] === 1;
    const forFirst = isEven ? 1 : labels[pair];
    const forSecond = isEven ? 1 : 1 - labels[pair];
    const lead = eta + (isEven ? 0 : margins[pair]);
    const sum = rewards[a] + rewards[b] - meanSum;
    const missFirst = logistic(lead - logit);
    const missSecond = logistic(lead + logit);
    loss += weight * (forFirst * softplus(lead - logit) + forSecond * softplus(lead + logit));
    loss += weight * settings.centring * sum * sum;
    const slope = weight * (forSecond * missSecond - forFirst * missFirst);
    const pull = 2 * weight * settings.centring * sum;
    slopes[a] += slope + pull;
    slopes[b] += pull - slope;
    for (let at = 0; at < styleWidth; at += 1) gradient[layout.style + at] += slope * style[row + at];
    if (!settings.tieWidth) continue;
    gradient[layout.tie] += weight * eta * (forFirst * missFirst + forSecond * missSecond);
    if (!isEven) continue;
    loss -= weight * Math.log(Math.expm1(2 * eta));
    // d log(e^{2η} − 1) / d log η = 2η / (1 − e^{−2η})
    gradient[layout.tie] -= (weight * 2 * eta) / -Math.expm1(-2 * eta);
  }
  return loss;
}

/** The mean of r₁ + r₂. Moving it along with the rewards changes no slope, since deviations from a mean sum to 0. */
function meanOfSums({ first, second }: PairDesign, weights: Float64Array, rewards: Float64Array): number {
  let sum = 0;
  let total = 0;
  for (let pair = 0; pair < weights.length; pair += 1) {
    sum += weights[pair] * (rewards[first[pair]] + rewards[second[pair]]);
    total += weights[pair];
  }
  return total > 0 ? sum / total : 0;
}

function addPenalties(
  point: Float64Array,
  gradient: Float64Array,
  { ngramPenalty, criterionPenalty, stylePenalty, compositePrior }: ObjectiveSettings,
  { dense, style, tie }: ParameterLayout,
): number {
  let loss = 0;
  for (let at = 0; at < tie; at += 1) {
    const penalty = at < dense ? ngramPenalty : at < style ? criterionPenalty : stylePenalty;
    const distance = point[at] - (at === dense && at < style ? compositePrior : 0);
    loss += (penalty / 2) * distance * distance;
    gradient[at] += penalty * distance;
  }
  return loss;
}
