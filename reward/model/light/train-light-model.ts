/**
 * Training of the light reward model: a Bradley-Terry likelihood over soft pairs with a Gaussian prior, minimized to a
 * gradient norm. Invariant: nothing is drawn but the split and the bootstrap samples, each from a stream of its own, so the
 * same pairs, rubric, settings and seed give the same model to the last bit.
 */
import { setImmediate } from 'node:timers/promises';
import type { LocaleProfile } from '../../../core/domain/locale.js';
import type { Locale, Prompt } from '../../../core/domain/prompt.js';
import type { Rubric } from '../../../core/domain/rubric.js';
import { compensatedSum } from '../../../core/math/compensated-sum.js';
import { fitTemperature } from '../../../core/math/calibration.js';
import { minimizeLbfgs, type LbfgsResult, type LearnedStep } from '../../../core/math/lbfgs.js';
import { createRng, type Rng } from '../../../core/math/rng.js';
import type { LabelledPair } from '../labelled-pair.js';
import { countDraws } from '../pair-batches.js';
import { splitByPrompt, type Split } from '../split-by-prompt.js';
import {
  createFeatureReader,
  ruledCriteria,
  type FeatureReader,
  type FeatureSpace,
} from './answer-features.js';
import { learnablePairs } from './check-pairs.js';
import { frequentFirst, type FrequentFirst } from './frequent-first.js';
import { interleaveColumns, type LightModel } from './light-model.js';
import type { LightSettings } from './light-settings.js';
import { designPairs, type PairDesign } from './pair-design.js';
import {
  FIRST_LOG_TIE_WIDTH,
  layoutOf,
  pairCurvatures,
  pairObjective,
  rewardsOf,
  styleLogits,
} from './pair-objective.js';
import { STYLE_FEATURES, styleGaps, styleScales } from './style-gaps.js';

/** An answer that rewards are centred on. */
export interface ReferenceAnswer {
  readonly prompt: Prompt;
  readonly answer: string;
}

export interface LightTraining {
  readonly pairs: readonly LabelledPair[];
  readonly rubric: Rubric;
  readonly profile: LocaleProfile;
  readonly settings: LightSettings;
  readonly seed: number;
  /** Rewards are centred on these by locale; on the answers of the training pairs where it is left out. */
  readonly references?: readonly ReferenceAnswer[];
  readonly signal?: AbortSignal;
  /** Called before each fit with how many are done. */
  readonly onFit?: (done: number, all: number) => void;
}

/** How the fit on all training prompts ended. */
export type LightFit = Pick<LbfgsResult, 'iterations' | 'evaluations' | 'gradientNorm' | 'converged'>;

export interface TrainedLightModel {
  readonly model: LightModel;
  readonly fit: LightFit;
  /** What was learned from and what was not, without pairs of equal answers. */
  readonly pairs: Split<LabelledPair>;
  readonly equalAnswers: number;
}

/** Below so many held-out pairs a temperature would be noise; it is then 1. */
const FEWEST_FOR_TEMPERATURE = 20;
/** Neighbouring n-grams go together, so that curvature takes many steps to learn: 30 halve the iterations of 10. */
const MEMORY = 30;
/** A head shows where the data are thin; that needs no exact minimum. */
const HEAD_SLACK = 3;

/** Trains a light model. Pairs without anything to learn are refused as `learnablePairs` says. */
export async function trainLightModel(training: LightTraining): Promise<TrainedLightModel> {
  const { settings, references, signal, onFit } = training;
  const rng = rngOf(training.seed);
  const { equalAnswers, ...pairs } = splitLightPairs(training.pairs, { ...settings, seed: training.seed });
  const space = featureSpace(pairs.training, training);
  const read = createFeatureReader(space, training);
  const scales = styleScales(pairs.training);
  const design = designPairs(pairs.training, { space, read, style: styleGaps(pairs.training, scales) });
  const all = 1 + settings.heads;
  onFit?.(0, all);
  const fitted = frequentFirst(design);
  const main = fit(fitted, design.weights, { settings, start: firstPoint(design, settings) });
  const columns = [main.point];
  const gradientTolerance = HEAD_SLACK * settings.gradientTolerance;
  for (let head = 0; head < settings.heads; head += 1) {
    await setImmediate();
    signal?.throwIfAborted();
    onFit?.(1 + head, all);
    const weights = bootstrapWeights(pairs.training, rng.fork('bootstrap').fork(head));
    const like = { start: main.point, learned: main.learned };
    columns.push(fit(fitted, weights, { settings, gradientTolerance, ...like }).point);
  }
  onFit?.(all, all);
  const { tie, style } = layoutOf(design, settings.ties === 'rao_kupper');
  const model: LightModel = {
    space,
    ...interleaveColumns(columns, space),
    ...centresOf(references === undefined ? design : designAnswers(references, { space, read }), columns),
    temperature: heldOutTemperature(pairs.heldOut, { space, read, scales, point: main.point }),
    tieWidth: settings.ties === 'rao_kupper' ? Math.exp(main.point[tie]) : 0,
    style: { weights: [...main.point.subarray(style, tie)], scales },
  };
  return { model, fit: main, pairs, equalAnswers };
}

/**
 * What a model of these pairs and this seed learns from and what it does not, by prompt, told apart by locale and text. Pairs of
 * equal answers are in neither. At least one prompt is always learned from.
 */
export function splitLightPairs<Pair extends LabelledPair>(
  pairs: readonly Pair[],
  { seed, heldOutShare }: Pick<LightSettings, 'heldOutShare'> & { readonly seed: number },
): Split<Pair> & { readonly equalAnswers: number } {
  const usable = learnablePairs(pairs);
  const equalAnswers = pairs.length - usable.length;
  const rows = usable.map((pair) => ({ pair, promptId: promptKey(pair) }));
  const { training, heldOut } = splitByPrompt(rows, heldOutShare, rngOf(seed).fork('split'));
  if (training.length === 0) return { training: usable, heldOut: [], equalAnswers };
  return {
    training: training.map(({ pair }) => pair),
    heldOut: heldOut.map(({ pair }) => pair),
    equalAnswers,
  };
}

function rngOf(seed: number): Rng {
  return createRng(seed).fork('light-reward');
}

function promptKey({ prompt }: LabelledPair): string {
  return `${prompt.locale}\n${prompt.text}`;
}

function featureSpace(
  pairs: readonly LabelledPair[],
  { rubric, settings }: Pick<LightTraining, 'rubric' | 'settings'>,
): FeatureSpace {
  const { buckets, shortestNgram, longestNgram } = settings;
  const locales = [...new Set(pairs.map(({ prompt }) => prompt.locale))].sort();
  return {
    ngrams: { buckets, shortest: shortestNgram, longest: longestNgram },
    criteria: ruledCriteria(rubric),
    // One locale alone would only have every criterion twice.
    locales: locales.length > 1 ? locales : [],
  };
}

/** Answers as pairs of themselves, of which only the answers are looked at. */
function designAnswers(
  references: readonly ReferenceAnswer[],
  { space, read }: { readonly space: FeatureSpace; readonly read: FeatureReader },
): PairDesign {
  const pairs = references.map(({ prompt, answer }) => {
    return { prompt, first: answer, second: answer, probabilityFirst: 0.5, weight: 1 };
  });
  return designPairs(pairs, { space, read, style: new Float64Array(pairs.length * STYLE_FEATURES.length) });
}

/** Mean reward of each locale's answers, and of all, by column. */
function centresOf(
  design: PairDesign,
  columns: readonly Float64Array[],
): Pick<LightModel, 'centres' | 'centre'> {
  const rewards = columns.map((column) => rewardsOf(design, column));
  const centreOf = (isCounted: (locale: Locale) => boolean): Float32Array =>
    Float32Array.from(rewards, (column) =>
      mean(column.filter((_, answer) => isCounted(design.locales[answer]))),
    );
  const locales = [...new Set(design.locales)].sort();
  return {
    centres: new Map(locales.map((locale) => [locale, centreOf((candidate) => candidate === locale)])),
    centre: centreOf(() => true),
  };
}

function mean(values: Float64Array): number {
  return compensatedSum(values) / values.length;
}

function firstPoint(design: PairDesign, { ties, compositePrior }: LightSettings): Float64Array {
  const { dense, style, tie, length } = layoutOf(design, ties === 'rao_kupper');
  const point = new Float64Array(length);
  if (style > dense) point[dense] = compositePrior;
  if (length > tie) point[tie] = FIRST_LOG_TIE_WIDTH;
  return point;
}

interface FitOptions {
  readonly settings: LightSettings;
  readonly gradientTolerance?: number;
  /** [parameter] */
  readonly start: Float64Array;
  /** Of a fit on other weights of the same pairs. */
  readonly learned?: readonly LearnedStep[];
}

function fit(
  { design, renumbered, original }: FrequentFirst,
  weights: Float64Array,
  { settings, gradientTolerance = settings.gradientTolerance, start, learned = [] }: FitOptions,
): LbfgsResult {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const objectiveSettings = { ...settings, tieWidth: settings.ties === 'rao_kupper' };
  const result = minimizeLbfgs(pairObjective(design, weights, objectiveSettings), renumbered(start), {
    gradientTolerance: gradientTolerance * (1 + total),
    memory: MEMORY,
    learned,
    curvatures: pairCurvatures(design, weights, objectiveSettings),
  });
  return { ...result, point: original(result.point) };
}

/** A prompt counts as often as it was drawn. */
function bootstrapWeights(pairs: readonly LabelledPair[], rng: Rng): Float64Array {
  const draws = countDraws([...new Set(pairs.map(promptKey))], rng);
  return Float64Array.from(pairs, (pair) => pair.weight * (draws.get(promptKey(pair)) ?? 0));
}

function heldOutTemperature(
  heldOut: readonly LabelledPair[],
  fitted: {
    readonly space: FeatureSpace;
    readonly read: FeatureReader;
    readonly scales: readonly number[];
    readonly point: Float64Array;
  },
): number {
  const decided = heldOut.filter(({ tie }) => tie !== true);
  if (decided.length < FEWEST_FOR_TEMPERATURE) return 1;
  const { space, read, scales, point } = fitted;
  const design = designPairs(decided, { space, read, style: styleGaps(decided, scales) });
  const rewards = rewardsOf(design, point);
  // The labels hold what the judge pays for style; left out of the logits here, it would pass for a lack of confidence.
  const logits = styleLogits(design, point).map(
    (style, pair) => style + rewards[design.first[pair]] - rewards[design.second[pair]],
  );
  return fitTemperature({ logits, labels: design.labels, weights: design.weights });
}
