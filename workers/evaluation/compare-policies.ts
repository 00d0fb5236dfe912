/**
 * Policies that were trained from one SFT checkpoint on the same preferences, side by side with picking among the
 * checkpoint's own answers at an equal KL. Every row is judged on the same held-out prompts under one rubric, so their
 * differences are paired.
 */
import type { Prompt } from '../../core/domain/prompt.js';
import { clusterBootstrap } from '../../core/math/cluster-bootstrap.js';
import type { IntervalEstimate } from '../../core/math/interval-estimate.js';
import { pairedBootstrap } from '../../core/math/paired-bootstrap.js';
import type { Rng } from '../../core/math/rng.js';
import type { MeasuresOf } from './locale-measures.js';
import { registerShare } from './register-of.js';
import { matchPoints, winRate, winRateDifference } from './win-rate.js';

/** Likelihoods of the held-out reference answers. */
export interface ReferenceLikelihood {
  /** Nats of each. [reference] */
  readonly nll: readonly number[];
  /** Answer tokens of each. [reference] */
  readonly tokens: readonly number[];
}

/** One of those that are compared. */
export interface Contender {
  /** As the report names it. */
  readonly name: string;
  /** One answer to each prompt. [prompt] */
  readonly texts: readonly string[];
  /** Nats per answer: exact for each prompt [prompt], or the bound of a way of sampling. */
  readonly kl: readonly number[] | number;
  /** Absent where the contender is a way of sampling and gives no likelihood. */
  readonly references?: ReferenceLikelihood;
}

/** A contender's figures. */
export interface ComparisonRow {
  readonly name: string;
  /** Control judge, against the SFT checkpoint's answer; ties count half. */
  readonly winRate: IntervalEstimate;
  /** The first contender's win rate minus this one's, on the same prompts; absent for the first itself. */
  readonly firstMinusThis?: IntervalEstimate;
  /** Share of answers in the register that the rubric of their locale asks for. */
  readonly targetMetric: IntervalEstimate;
  /** Nats per token of held-out reference answers. */
  readonly heldOutNll?: IntervalEstimate;
  /** Nats per answer; best-of-n's is a bound, so that it has no interval. */
  readonly kl: IntervalEstimate | number;
}

export interface PolicyComparison {
  readonly prompts: readonly Prompt[];
  /** The SFT checkpoint's answers. [prompt] */
  readonly incumbent: readonly string[];
  /** At least one. */
  readonly contenders: readonly Contender[];
  readonly measuresOf: MeasuresOf;
  readonly rng: Rng;
}

const RESAMPLES = 2000;
const LEVEL = 0.95;

/** Figures of every contender, in their order. */
export function comparePolicies(comparison: PolicyComparison): ComparisonRow[] {
  const { prompts, incumbent, contenders, measuresOf } = comparison;
  const points = contenders.map(({ texts }) =>
    matchPoints(
      (prompt) => measuresOf(prompt).judge,
      prompts.map((prompt, at) => ({ prompt, challenger: texts[at], incumbent: incumbent[at] })),
    ),
  );
  return contenders.map((contender, at) =>
    rowOf(contender, { points: points[at], first: points[0] }, comparison),
  );
}

function rowOf(
  { name, texts, kl, references }: Contender,
  { points, first }: { readonly points: Float64Array; readonly first: Float64Array },
  { prompts, measuresOf, rng }: PolicyComparison,
): ComparisonRow {
  const own = rng.fork(name);
  return {
    name,
    winRate: winRate(points, own.fork('winRate')),
    ...(points === first ? {} : { firstMinusThis: winRateDifference(first, points, own.fork('difference')) }),
    targetMetric: registerShare(texts.map((text, at) => ({ ...measuresOf(prompts[at]), text }))),
    ...(references === undefined ? {} : nllPerToken(references, own.fork('heldOutNll'))),
    kl: typeof kl === 'number' ? kl : meanOf(kl, own.fork('kl')),
  };
}

function meanOf(values: readonly number[], rng: Rng): IntervalEstimate {
  return pairedBootstrap({
    differences: Float64Array.from(values),
    resamples: RESAMPLES,
    rng,
    level: LEVEL,
  });
}

/** All nats over all tokens, resampling whole reference answers; absent where there is no reference answer. */
function nllPerToken(
  { nll, tokens }: ReferenceLikelihood,
  rng: Rng,
): { readonly heldOutNll?: IntervalEstimate } {
  if (nll.length === 0) return {};
  const sum = (values: readonly number[], weights: Float64Array): number =>
    values.reduce((total, value, at) => total + weights[at] * value, 0);
  return clusterBootstrap(
    {
      heldOutNll: (weights) => {
        const counted = sum(tokens, weights);
        return counted === 0 ? undefined : sum(nll, weights) / counted;
      },
    },
    { clusters: Int32Array.from(nll, (_, at) => at), resamples: RESAMPLES, rng, level: LEVEL },
  );
}
