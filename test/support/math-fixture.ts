import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { packageRoot } from '../../core/runtime/package-root.js';
import type { AggregationMode } from '../../core/math/loss-aggregation.js';

interface MathFixture {
  readonly gae: readonly {
    readonly gamma: number;
    readonly lambda_: number;
    readonly rewards: number[];
    readonly values: number[];
    readonly advantages: number[];
    readonly returns: number[];
  }[];
  readonly whitening: Readonly<Record<'values' | 'mask' | 'whitened' | 'scaledOnly', number[]>>;
  readonly groups: {
    readonly rewards: number[];
    readonly grpo: number[];
    readonly drGrpo: number[];
    readonly rloo: number[];
    readonly batch: number[][];
    readonly batchWhitened: number[][];
  };
  readonly distributions: {
    readonly logits: number[];
    readonly entropy: number;
    readonly entropyAtTemperature: number;
    readonly logProbsP: number[];
    readonly logProbsQ: number[];
    readonly kl: number;
  };
  readonly policyLoss: Readonly<
    Record<'epsLow' | 'epsHigh' | 'dualClip' | 'sequenceRatio' | 'approximateKl' | 'count', number>
  > &
    Readonly<
      Record<'logProbs' | 'oldLogProbs' | 'advantages' | 'mask' | 'tokenLosses' | 'sequenceLosses', number[]>
    >;
  readonly valueLoss: Readonly<Record<'clip' | 'explainedVariance', number>> &
    Readonly<Record<'values' | 'oldValues' | 'returns' | 'mask' | 'losses' | 'unclippedLosses', number[]>>;
  readonly softBradleyTerry: readonly (Readonly<
    Record<'label' | 'margin' | 'logitOffset' | 'centring' | 'scoreFirst' | 'scoreSecond' | 'loss', number>
  > & { readonly gradient: number[] })[];
  readonly bradleyTerry: {
    readonly items: number;
    readonly priorPrecision: number;
    readonly votes: readonly (readonly [number, number, number, number])[];
    readonly strengths: number[];
  };
  readonly aggregation: Readonly<Record<AggregationMode | 'normLength', number>> & {
    readonly lengths: number[];
    readonly losses: number[][];
  };
  readonly sample: {
    readonly values: number[];
    readonly mean: number;
    readonly standardDeviation: number;
    readonly quantiles: readonly (readonly [number, number])[];
  };
}

/** What PyTorch and NumPy computed once, in float64; make_math_fixture.py beside the file says how. */
export const mathFixture = JSON.parse(
  readFileSync(join(packageRoot, 'test', 'fixtures', 'math', 'math.json'), 'utf8'),
) as MathFixture;
