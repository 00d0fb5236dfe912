import { createRng } from '../../../../../core/math/rng.js';
import type { GptConfig } from '../../../../../core/network/gpt/gpt-config.js';
import { elementCount, gptParameters } from '../../../../../core/network/gpt/gpt-parameters.js';
import type { LossRequest, PairBatch, TokenBatch } from '../../../../../core/trainer/trainer.js';

export const TINY: GptConfig = { vocabSize: 19, contextLength: 12, layers: 2, width: 16, heads: 2 };

/** Flat weights far from where training starts, so that no term of a gradient is small. */
export function roughWeights(heads: number): Float32Array {
  const rng = createRng(40);
  const parts = gptParameters(TINY, heads).map(({ name, shape }) => {
    const centre = /\.ln_(1|2|f)\.weight$/.test(name) ? 1 : 0;
    return Array.from({ length: elementCount(shape) }, () => centre + 0.25 * rng.normal());
  });
  return Float32Array.from(parts.flat());
}

/** Seven ragged sequences; each token but the first few of a sequence has a weight of its own. */
export function tinyBatch(seed: number, lengths: readonly number[] = [7, 3, 9, 5, 12, 4, 6]): TokenBatch {
  const rng = createRng(seed);
  const offsets = Int32Array.from([0, ...lengths.map((_, at) => sum(lengths.slice(0, at + 1)))]);
  const tokenIds = new Int32Array(sum(lengths)).map(() => rng.integer(TINY.vocabSize));
  const weights = new Float32Array(tokenIds.length).map(() => 0.5 + rng.uniform());
  for (const first of offsets.subarray(0, -1)) {
    weights[first] = 0;
    weights[first + 1] = 0;
  }
  return { tokenIds, offsets, weights, temperature: 0.8 };
}

export function noise(seed: number, length: number, centre = 0, spread = 1): Float32Array {
  const rng = createRng(seed);
  return new Float32Array(length).map(() => centre + spread * rng.normal());
}

/** Five pairs over the batch, some sequences in several, with every nuisance switched on. */
export function tinyPairs(heads: number): PairBatch {
  return {
    ...tinyBatch(5),
    first: Int32Array.of(0, 2, 4, 6, 0),
    second: Int32Array.of(1, 3, 5, 0, 2),
    labels: Float32Array.of(1, 0, 0.7, 0.5, 0.2),
    margins: Float32Array.of(0.3, 0, 0.5, 0.1, 0.2),
    logitOffsets: Float32Array.of(0, 0.4, -0.6, 0.2, 0),
    pairWeights: noise(6, 5 * heads).map(Math.abs),
  };
}

/** What the model says of the tokens of `tinyBatch(1)`. [token] */
export interface TinyEstimates {
  readonly logProbs: Float32Array;
  readonly values: Float32Array;
}

/**
 * One request for each way in which a loss's graph can differ, with the heads of the model that it is for. Old
 * log-probs and values lie at fixed distances from the model's own, on both sides of every clip bound and never near
 * one, where there is no derivative.
 */
export function tinyLosses({
  logProbs,
  values: own,
}: TinyEstimates): readonly { name: string; heads: number; loss: LossRequest }[] {
  const batch = tinyBatch(1);
  const length = batch.tokenIds.length;
  const cycle = (distances: readonly number[], t: number): number => distances[t % distances.length];
  const bySequence = batch.tokenIds.map((_, t) => batch.offsets.findLastIndex((offset) => offset <= t));
  const policy = {
    ...batch,
    advantages: noise(3, length),
    oldLogProbs: logProbs.map((value, t) => value - cycle([-0.3, 0.05, 0.25, -0.2, -0.04, 0.3, 0], t)),
    referenceLogProbs: logProbs.map((value, t) => value + cycle([0.5, -0.2, 0.1, -0.4], t)),
  };
  const sequencePolicy = {
    ...policy,
    oldLogProbs: logProbs.map((value, t) => value - cycle([-0.2, 0.01, 0.095, 0.25], bySequence[t])),
  };
  const clipping = { epsLow: 0.1, epsHigh: 0.15, entropyCoef: 0 };
  const values = {
    ...batch,
    oldValues: own.map((value, t) => value + cycle([0.1, 0.8, -0.8, -0.1], t)),
    returns: own.map((value, t) => value + cycle([1.5, -1.5, 1.2], t)),
  };
  return [
    { name: 'cross_entropy', heads: 0, loss: { type: 'cross_entropy', batch } },
    {
      name: 'ppo by token',
      heads: 0,
      loss: { type: 'ppo', batch: policy, config: { ...clipping, ratio: 'token' } },
    },
    {
      name: 'ppo by sequence, dual clip and entropy',
      heads: 0,
      loss: {
        type: 'ppo',
        batch: sequencePolicy,
        config: { ...clipping, epsLow: 0.03, ratio: 'sequence', dualClip: 1.05, entropyCoef: 0.3 },
      },
    },
    ...(['k1', 'k2', 'k3'] as const).map((kind) => ({
      name: `ppo with ${kind}`,
      heads: 0,
      loss: {
        type: 'ppo' as const,
        batch: policy,
        config: { ...clipping, ratio: 'token' as const, kl: { kind, coef: 0.5 } },
      },
    })),
    { name: 'value', heads: 1, loss: { type: 'value', batch: values, config: {} } },
    { name: 'clipped value', heads: 1, loss: { type: 'value', batch: values, config: { clip: 0.4 } } },
    {
      name: 'bradley_terry with 3 heads',
      heads: 3,
      loss: { type: 'bradley_terry', batch: tinyPairs(3), config: { centring: 0.1 } },
    },
    {
      name: 'dpo',
      heads: 0,
      loss: {
        type: 'dpo',
        batch: { ...tinyPairs(1), referenceSums: noise(9, 7, -10) },
        config: { beta: 0.2 },
      },
    },
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
