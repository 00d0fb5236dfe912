import { createRng } from '../../../core/math/rng.js';
import type { LossRequest, PairBatch, Role, TokenBatch } from '../../../core/trainer/trainer.js';

/** A loss with everything in it switched on, and the model that it trains. */
export interface ComparedLoss {
  readonly title: string;
  readonly role: Role;
  readonly heads: number;
  readonly loss: LossRequest;
}

const LENGTHS = [7, 12, 3, 16, 9, 5, 11, 2];
const VOCABULARY = 24;

/** Ragged sequences with uneven weights; some tokens, and the whole third sequence, have none. */
export function unevenBatch(seed: number): TokenBatch {
  const rng = createRng(seed);
  const places = LENGTHS.flatMap((length, sequence) =>
    Array.from({ length }, (_, token) => ({ sequence, token })),
  );
  const offsets = LENGTHS.map((_, sequence) =>
    LENGTHS.slice(0, sequence + 1).reduce((sum, one) => sum + one),
  );
  return {
    tokenIds: Int32Array.from(places, () => Math.floor(rng.uniform() * VOCABULARY)),
    offsets: Int32Array.from([0, ...offsets]),
    weights: Float32Array.from(places, ({ sequence, token }) =>
      token === 0 || sequence === 2 || token % 4 === 3 ? 0 : 0.5 + rng.uniform(),
    ),
    temperature: 0.8,
  };
}

/** Every loss of the port. Old log-probabilities are near those of a model that knows nothing, so that both clips decide. */
export function comparedLosses(): readonly ComparedLoss[] {
  const rng = createRng(11);
  const batch = unevenBatch(5);
  const around = (centre: number, spread: number): Float32Array =>
    batch.weights.map(() => centre + spread * rng.normal());
  const pairs: PairBatch = {
    ...batch,
    first: Int32Array.of(0, 4, 3, 6),
    second: Int32Array.of(1, 2, 5, 7),
    labels: Float32Array.of(1, 0.3, 0.5, 0),
    margins: Float32Array.of(0.2, 0, 0.1, 0),
    logitOffsets: Float32Array.of(0, -0.5, 0.4, 0.1),
    pairWeights: Float32Array.of(1, 0, 0.5, 2, 1, 1, 0.3, 0.7),
  };
  const policyBatch = {
    ...batch,
    advantages: around(0, 1),
    oldLogProbs: around(-3.2, 0.6),
    referenceLogProbs: around(-3.2, 0.6),
  };
  const policy = { epsLow: 0.2, epsHigh: 0.3, dualClip: 1.5, entropyCoef: 0.01 };
  const language = { role: 'policy', heads: 0 } as const;
  return [
    { title: 'cross_entropy', ...language, loss: { type: 'cross_entropy', batch } },
    ...(['token', 'sequence'] as const).map((ratio) => ({
      title: `ppo with a ratio per ${ratio}`,
      ...language,
      loss: {
        type: 'ppo' as const,
        batch: policyBatch,
        config: {
          ...policy,
          ratio,
          kl: { kind: ratio === 'token' ? ('k3' as const) : ('k2' as const), coef: 0.1 },
        },
      },
    })),
    {
      title: 'value',
      role: 'critic',
      heads: 1,
      loss: {
        type: 'value',
        batch: { ...batch, oldValues: around(0, 0.5), returns: around(0.5, 1) },
        config: { clip: 0.3 },
      },
    },
    {
      title: 'bradley_terry',
      role: 'reward',
      heads: 2,
      loss: { type: 'bradley_terry', batch: pairs, config: { centring: 0.05 } },
    },
    {
      title: 'dpo',
      ...language,
      loss: {
        type: 'dpo',
        batch: {
          ...pairs,
          pairWeights: Float32Array.of(1, 0.5, 2, 0.3),
          referenceSums: Float32Array.from(LENGTHS, (length) => -3 * length),
        },
        config: { beta: 0.2 },
      },
    },
  ];
}
