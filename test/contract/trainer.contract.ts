import { join } from 'node:path';
import { MajlisError } from '../../core/errors.js';
import { softBradleyTerry } from '../../core/math/soft-bradley-terry.js';
import { clippedPolicyLoss } from '../../core/math/ppo-loss.js';
import { clippedValueLoss } from '../../core/math/value-loss.js';
import type {
  ForwardBackwardRequest,
  LossRequest,
  OptimStepRequest,
  PairBatch,
  Role,
  TokenBatch,
  Trainer,
  TrainerCall,
} from '../../core/trainer/trainer.js';
import { describeAdapters } from './trainer-adapters.contract.js';

/** One trainer under test, with a language model that it can open. */
export interface TrainerHarness {
  readonly trainer: Trainer;
  /** A Hugging Face directory with untrained weights: at least 16 tokens of vocabulary, a context of at least 12. */
  readonly base: string;
  readonly vocabSize: number;
  /** An empty folder for what is written. */
  readonly folder: string;
  close(): Promise<void>;
}

const CALL: TrainerCall = { run: 'run-1', epoch: 1 };
const ADAM = { learningRate: 0.01, betas: [0.9, 0.95], eps: 1e-8, weightDecay: 0, clip: 1 } as const;

/** Sequences of these lengths, with weight 1 on all tokens but the first two of each. */
function batchOf(lengths: readonly number[], start = 0): TokenBatch {
  const offsets = Int32Array.of(0);
  const packed = lengths.flatMap((length, s) => Array.from({ length }, (_, t) => ({ s, t })));
  const ends = lengths.map((_, s) => lengths.slice(0, s + 1).reduce((sum, length) => sum + length, 0));
  return {
    tokenIds: Int32Array.from(packed, ({ s, t }) => (7 * (s + start) + 3 * t * t + t) % 16),
    offsets: Int32Array.from([...offsets, ...ends]),
    weights: Float32Array.from(packed, ({ t }) => (t < 2 ? 0 : 1)),
    temperature: 1,
  };
}

const LENGTHS = [5, 9, 3, 12, 7, 4];
const BATCH = batchOf(LENGTHS);
const TOKENS = BATCH.weights.reduce((sum, weight) => sum + weight, 0);
const PAIRS: PairBatch = {
  ...BATCH,
  first: Int32Array.of(0, 2, 4),
  second: Int32Array.of(1, 3, 5),
  labels: Float32Array.of(1, 0.3, 0.5),
  margins: Float32Array.of(0.2, 0, 0.1),
  logitOffsets: Float32Array.of(0, -0.5, 0.4),
  pairWeights: Float32Array.of(1, 0, 0.5, 2, 1, 1),
};

function crossEntropy(batch: TokenBatch): LossRequest {
  return { type: 'cross_entropy', batch };
}

function closeTo(
  actual: ArrayLike<number> | undefined,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  const far = Array.from(expected).findIndex(
    (value, at) => !(Math.abs((actual?.[at] ?? NaN) - value) <= tolerance),
  );
  expect({ length: actual?.length, far, actual: actual?.[far], expected: expected[far] }).toEqual({
    length: expected.length,
    far: -1,
  });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (thrown) {
    return thrown instanceof MajlisError ? thrown.code : String(thrown);
  }
  return 'no error';
}

/** What the port promises, for any trainer. */
export function describeTrainer(name: string, make: () => Promise<TrainerHarness>): void {
  describe(`trainer: ${name}`, () => {
    let harness: TrainerHarness;
    let trainer: Trainer;
    let folders = 0;

    beforeAll(async () => {
      harness = await make();
      trainer = harness.trainer;
    }, 120_000);
    afterAll(() => harness.close());

    const freshFolder = (): string => {
      folders += 1;
      return join(harness.folder, `place-${folders}`);
    };
    const create = (role: Role, heads = 0, call = CALL): Promise<string> =>
      trainer.createModel(call, { role, base: harness.base, heads, seed: 1 });
    const backward = (
      modelId: string,
      loss: LossRequest,
      options: Partial<ForwardBackwardRequest> = {},
      call = CALL,
    ): ReturnType<Trainer['forwardBackward']> =>
      trainer.forwardBackward(call, { modelId, step: 0, micro: 0, normalizer: TOKENS, loss, ...options });
    const optimize = (
      modelId: string,
      options: Partial<OptimStepRequest> = {},
      call = CALL,
    ): ReturnType<Trainer['optimStep']> => trainer.optimStep(call, { modelId, step: 0, ...ADAM, ...options });
    const logProbs = async (modelId: string, batch = BATCH): Promise<Float32Array> => {
      const { logProbs: values } = await trainer.forward(CALL, { modelId, batch, want: ['log_probs'] });
      if (values === undefined) throw new Error('no log-probs');
      return values;
    };
    const train = async (modelId: string, from: number, to: number): Promise<void> => {
      for (let step = from; step < to; step += 1) {
        await backward(modelId, crossEntropy(batchOf(LENGTHS, step)), { step });
        await optimize(modelId, { step });
      }
    };

    describe('forward', () => {
      it('says 0 at the first token and where the weight is 0', async () => {
        const values = await logProbs(await create('policy'));
        values.forEach((value, t) => expect(value === 0).toBe(BATCH.weights[t] === 0));
      });

      it('gives a sequence the same log-probs beside longer ones as alone', async () => {
        const id = await create('policy');
        await train(id, 0, 2);
        const together = await logProbs(id);
        for (const [s, length] of LENGTHS.entries()) {
          const alone = await logProbs(id, batchOf([length], s));
          closeTo(together.subarray(BATCH.offsets[s], BATCH.offsets[s + 1]), alone, 1e-5);
        }
      });

      it('divides logits by the temperature: entropy rises with it, up to that of a uniform choice', async () => {
        const id = await create('policy');
        await train(id, 0, 10);
        const entropyAt = async (temperature: number): Promise<number> => {
          const request = { modelId: id, batch: { ...BATCH, temperature }, want: ['entropy'] as const };
          const { entropy } = await trainer.forward(CALL, request);
          return (entropy ?? new Float32Array()).reduce((sum, value) => sum + value, 0) / TOKENS;
        };
        const [cold, plain, hot] = [await entropyAt(0.3), await entropyAt(1), await entropyAt(1e6)];
        expect(cold).toBeLessThan(plain);
        expect(plain).toBeLessThan(hot);
        expect(hot).toBeCloseTo(Math.log(harness.vocabSize), 4);
      });

      it('gives values and scores of 0 under new heads', async () => {
        const values = await trainer.forward(CALL, {
          modelId: await create('critic', 1),
          batch: BATCH,
          want: ['values'],
        });
        expect([...(values.values ?? [])]).toEqual(Array(BATCH.tokenIds.length).fill(0));
        const scores = await trainer.forward(CALL, {
          modelId: await create('reward', 2),
          batch: BATCH,
          want: ['scores'],
        });
        expect([...(scores.scores ?? [])]).toEqual(Array(2 * LENGTHS.length).fill(0));
      });

      it('finds no KL of a model to itself, and KL(policy ‖ reference) > 0 once it has moved', async () => {
        const [policy, reference] = [await create('policy'), await create('reference')];
        const klTo = async (against: string): Promise<Float32Array> =>
          (await trainer.forward(CALL, { modelId: policy, batch: BATCH, want: ['kl'], against })).kl ??
          new Float32Array();
        closeTo(await klTo(reference), new Float32Array(BATCH.tokenIds.length), 1e-6);
        await train(policy, 0, 5);
        const moved = await klTo(reference);
        moved.forEach((kl, t) => expect(kl > 0).toBe(BATCH.weights[t] > 0));
      });
    });

    describe('losses', () => {
      it('cross_entropy is the weighted sum of −log p over the normalizer', async () => {
        const id = await create('policy');
        const weights = BATCH.weights.map((weight, t) => weight * (1 + (t % 3)));
        const values = await logProbs(id);
        const expected = values.reduce((sum, logProb, t) => sum - weights[t] * logProb, 0) / 50;
        const { loss, metrics } = await backward(id, crossEntropy({ ...BATCH, weights }), { normalizer: 50 });
        expect(loss).toBeCloseTo(expected, 4);
        expect(metrics['negativeLogLikelihood'].count).toBe(TOKENS);
      });

      it('ppo has a ratio of 1 at log-probs that forward gave, and the loss of the formula at others', async () => {
        const id = await create('policy');
        const current = await logProbs(id);
        const advantages = BATCH.weights.map((_, t) => (t % 5) - 2);
        const config = { epsLow: 0.2, epsHigh: 0.3, dualClip: 1.5, ratio: 'token', entropyCoef: 0 } as const;
        const batch = { ...BATCH, advantages, oldLogProbs: current };
        const { metrics } = await backward(id, { type: 'ppo', batch, config });
        expect(metrics['ratio'].sum / metrics['ratio'].count).toBeCloseTo(1, 4);
        expect(metrics['ratioDeviation'].sum / metrics['ratioDeviation'].count).toBeLessThan(1e-4);
        const oldLogProbs = current.map((value, t) => value + 0.17 * ((t % 7) - 3));
        for (const ratio of ['token', 'sequence'] as const) {
          const { loss } = await backward(await create('policy'), {
            type: 'ppo',
            batch: { ...batch, oldLogProbs },
            config: { ...config, ratio },
          });
          const expected = LENGTHS.reduce((sum, _, s) => {
            const [from, to] = [BATCH.offsets[s], BATCH.offsets[s + 1]];
            const part = (values: Float32Array): Float32Array => values.subarray(from, to);
            const tokens = {
              logProbs: part(current),
              oldLogProbs: part(oldLogProbs),
              advantages: part(advantages),
              mask: part(BATCH.weights),
            };
            return sum + clippedPolicyLoss(tokens, { ...config, ratio }).losses.reduce((a, b) => a + b, 0);
          }, 0);
          expect(loss).toBeCloseTo(expected / TOKENS, 4);
        }
      });

      it('value is the clipped squared error of the formula', async () => {
        const id = await create('critic', 1);
        const returns = BATCH.weights.map((_, t) => Math.sin(t));
        const oldValues = BATCH.weights.map((_, t) => Math.cos(t));
        const { loss } = await backward(id, {
          type: 'value',
          batch: { ...BATCH, oldValues, returns },
          config: { clip: 0.3 },
        });
        const values = new Float32Array(returns.length);
        const { losses } = clippedValueLoss({ values, oldValues, returns, mask: BATCH.weights }, 0.3);
        expect(loss).toBeCloseTo(losses.reduce((sum, one) => sum + one, 0) / TOKENS, 5);
      });

      it('bradley_terry is the soft-label loss of the formula for each head, and training separates the pairs', async () => {
        const id = await create('reward', 2);
        const loss = { type: 'bradley_terry', batch: PAIRS, config: { centring: 0.05 } } as const;
        const first = await backward(id, loss, { normalizer: 3 });
        await optimize(id);
        const { scores = new Float32Array() } = await trainer.forward(CALL, {
          modelId: id,
          batch: BATCH,
          want: ['scores'],
        });
        const expected = (scoreOf: (sequence: number, head: number) => number): number => {
          let sum = 0;
          for (const pair of [0, 1, 2]) {
            for (const head of [0, 1]) {
              const one = softBradleyTerry({
                scoreFirst: scoreOf(PAIRS.first[pair], head),
                scoreSecond: scoreOf(PAIRS.second[pair], head),
                label: PAIRS.labels[pair],
                margin: PAIRS.margins?.[pair] ?? 0,
                logitOffset: PAIRS.logitOffsets?.[pair] ?? 0,
                centring: 0.05,
              });
              sum += PAIRS.pairWeights[pair * 2 + head] * one.loss;
            }
          }
          return sum / 3;
        };
        expect(first.loss).toBeCloseTo(
          expected(() => 0),
          5,
        );
        const second = await backward(id, loss, { step: 1, normalizer: 3 });
        expect(second.loss).toBeCloseTo(
          expected((sequence, head) => scores[2 * sequence + head]),
          5,
        );
        expect(second.loss).toBeLessThan(first.loss);
      });

      it('dpo is the soft-label loss of β-scaled gains over the reference', async () => {
        const id = await create('policy');
        const values = await logProbs(id);
        const sums = LENGTHS.map((_, s) =>
          values.subarray(BATCH.offsets[s], BATCH.offsets[s + 1]).reduce((sum, value) => sum + value, 0),
        );
        const referenceSums = Float32Array.from(sums, (sum, s) => sum + s - 2);
        const pairWeights = Float32Array.of(1, 0.5, 2);
        const batch = { ...PAIRS, referenceSums, pairWeights };
        const { loss } = await backward(id, { type: 'dpo', batch, config: { beta: 0.5 } }, { normalizer: 3 });
        const expected = [0, 1, 2].reduce((sum, pair) => {
          const one = softBradleyTerry({
            scoreFirst: 0.5 * (2 - PAIRS.first[pair]),
            scoreSecond: 0.5 * (2 - PAIRS.second[pair]),
            label: PAIRS.labels[pair],
            margin: PAIRS.margins?.[pair] ?? 0,
            logitOffset: PAIRS.logitOffsets?.[pair] ?? 0,
          });
          return sum + pairWeights[pair] * one.loss;
        }, 0);
        expect(loss).toBeCloseTo(expected / 3, 4);
      });
    });

    describe('steps', () => {
      it('lower the loss', async () => {
        const id = await create('policy');
        const { loss: before } = await backward(id, crossEntropy(BATCH));
        await optimize(id);
        let after = before;
        for (let step = 1; step < 30; step += 1) {
          after = (await backward(id, crossEntropy(BATCH), { step })).loss;
          await optimize(id, { step });
        }
        expect(after).toBeLessThan(before / 2);
      });

      it('are the same whether a minibatch comes whole or in micro-batches, under its own normalizer', async () => {
        const [whole, parts] = [await create('policy'), await create('policy')];
        const { loss } = await backward(whole, crossEntropy(BATCH));
        const losses: number[] = [];
        for (const [micro, s] of [0, 2, 4].entries()) {
          const part = batchOf(LENGTHS.slice(s, s + 2), s);
          losses.push((await backward(parts, crossEntropy(part), { micro })).loss);
        }
        expect(losses.reduce((sum, one) => sum + one, 0)).toBeCloseTo(loss, 5);
        const [a, b] = [await optimize(whole, { eps: 1e-3 }), await optimize(parts, { eps: 1e-3 })];
        expect(b.gradNorm).toBeCloseTo(a.gradNorm, 4);
        closeTo(await logProbs(parts), await logProbs(whole), 1e-3);
      });

      it('with a gradient that is not finite are skipped, counted, and leave the weights as they were', async () => {
        const id = await create('policy');
        const before = await logProbs(id);
        // The loss of one token is below float32's largest number, and its gradient, times a hidden number above 1.2, is not.
        const weights = BATCH.weights.map((_, t) => (t === 4 ? 1 : 0));
        const advantages = BATCH.weights.map(() => 3e38);
        const config = { epsLow: 0.2, epsHigh: 0.2, ratio: 'token', entropyCoef: 0 } as const;
        const batch = { ...BATCH, weights, advantages, oldLogProbs: before };
        const { loss } = await backward(id, { type: 'ppo', batch, config }, { normalizer: 1 });
        expect(Number.isFinite(loss)).toBe(true);
        const { skipped, version, gradNorm } = await optimize(id);
        expect({ skipped, version, finite: Number.isFinite(gradNorm) }).toEqual({
          skipped: true,
          version: 1,
          finite: false,
        });
        closeTo(await logProbs(id), before, 0);
      });

      it('without a gradient, or on a frozen reference, are refused', async () => {
        expect(await codeOf(optimize(await create('policy')))).toBe('failed_precondition');
        expect(await codeOf(backward(await create('reference'), crossEntropy(BATCH)))).toBe(
          'failed_precondition',
        );
      });
    });

    describe('repetition', () => {
      it('of a request answers the same and does the work once', async () => {
        const [once, twice] = [await create('policy'), await create('policy')];
        await backward(once, crossEntropy(BATCH));
        const first = await backward(twice, crossEntropy(BATCH));
        expect(await backward(twice, crossEntropy(BATCH))).toEqual(first);
        const [single, stepped] = [await optimize(once), await optimize(twice)];
        expect(stepped.gradNorm).toBeCloseTo(single.gradNorm, 5);
        expect(await optimize(twice)).toEqual(stepped);
        closeTo(await logProbs(twice), await logProbs(once), 1e-5);
      });

      it('of a key with another request is already_exists', async () => {
        const id = await create('policy');
        await backward(id, crossEntropy(BATCH));
        expect(await codeOf(backward(id, crossEntropy(batchOf(LENGTHS, 1))))).toBe('already_exists');
        await optimize(id);
        expect(await codeOf(optimize(id, { learningRate: 0.5 }))).toBe('already_exists');
      });
    });

    describe('fencing', () => {
      it('aborts a call of an epoch that was replaced', async () => {
        const call = { run: 'fenced', epoch: 4 };
        const id = await create('policy', 0, call);
        expect(await codeOf(backward(id, crossEntropy(BATCH), {}, { ...call, epoch: 3 }))).toBe('aborted');
        const other = { run: 'not fenced', epoch: 1 };
        expect(await codeOf(create('policy', 0, other))).toBe('no error');
      });

      it('discards a gradient that was accumulated under an older epoch', async () => {
        const call = { run: 'restarted', epoch: 1 };
        const id = await create('policy', 0, call);
        await backward(id, crossEntropy(BATCH), {}, call);
        const later = { ...call, epoch: 2 };
        expect(await codeOf(optimize(id, {}, later))).toBe('failed_precondition');
        await backward(id, crossEntropy(BATCH), { normalizer: 2 * TOKENS }, later);
        const reference = await create('policy');
        await backward(reference, crossEntropy(BATCH), { normalizer: 2 * TOKENS });
        const { gradNorm } = await optimize(reference);
        expect((await optimize(id, {}, later)).gradNorm).toBeCloseTo(gradNorm, 5);
      });

      it('refuses a version, a step or a micro-batch that is not the one due', async () => {
        const id = await create('policy');
        expect(await codeOf(backward(id, crossEntropy(BATCH), {}, { ...CALL, expectedVersion: 3 }))).toBe(
          'failed_precondition',
        );
        expect(await codeOf(backward(id, crossEntropy(BATCH), { step: 1 }))).toBe('failed_precondition');
        expect(await codeOf(backward(id, crossEntropy(BATCH), { micro: 1 }))).toBe('failed_precondition');
        expect(await codeOf(backward(id, crossEntropy(BATCH), {}, { ...CALL, expectedVersion: 0 }))).toBe(
          'no error',
        );
      });

      it('knows models by run, and not after they were deleted', async () => {
        const id = await create('policy');
        const request = { modelId: id, batch: BATCH, want: ['log_probs'] as const };
        expect(await codeOf(trainer.forward({ run: 'stranger', epoch: 1 }, request))).toBe('not_found');
        await trainer.deleteModel(CALL, id);
        expect(await codeOf(trainer.forward(CALL, request))).toBe('not_found');
      });
    });

    describe('storage', () => {
      it('a checkpoint brings back weights, moments and step, so that training goes on as if never interrupted', async () => {
        const [steady, interrupted] = [await create('policy'), await create('policy')];
        const directory = freshFolder();
        await train(steady, 0, 6);
        await train(interrupted, 0, 3);
        const saved = await trainer.saveCheckpoint(CALL, { modelId: interrupted, directory });
        expect(saved).toMatchObject({ step: 3, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
        await train(interrupted, 3, 5);
        const another = await create('policy');
        for (const id of [interrupted, another]) {
          expect(await trainer.loadCheckpoint(CALL, { modelId: id, directory })).toEqual({
            sha256: saved.sha256,
            step: 3,
          });
          await train(id, 3, 6);
        }
        const { deterministic } = await trainer.capabilities();
        const expected = await logProbs(steady);
        closeTo(await logProbs(interrupted), expected, deterministic ? 0 : 1e-5);
        closeTo(await logProbs(another), expected, deterministic ? 0 : 1e-5);
      });

      it('published weights open as a model that says the same, for every role', async () => {
        const sizes: readonly (readonly [Role, number])[] = [
          ['policy', 0],
          ['critic', 1],
        ];
        for (const [role, heads] of sizes) {
          const id = await create(role, heads);
          const returns = BATCH.weights.map(() => 1);
          const loss: LossRequest =
            heads === 0
              ? crossEntropy(BATCH)
              : { type: 'value', batch: { ...BATCH, returns, oldValues: returns }, config: {} };
          await backward(id, loss);
          await optimize(id);
          const directory = freshFolder();
          const published = await trainer.publishWeights(CALL, { modelId: id, directory });
          expect(published).toMatchObject({ directory, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
          const copy = await trainer.createModel(CALL, { role, base: directory, heads, seed: 2 });
          const request = { batch: BATCH, want: [heads === 0 ? 'log_probs' : 'values'] as const };
          const [own, other] = [
            await trainer.forward(CALL, { modelId: id, ...request }),
            await trainer.forward(CALL, { modelId: copy, ...request }),
          ];
          expect(other).toEqual(own);
        }
      });

      it('a model made from another one starts with its weights', async () => {
        const policy = await create('policy');
        await train(policy, 0, 3);
        const reference = await trainer.createModel(CALL, {
          role: 'reference',
          base: harness.base,
          initFrom: policy,
          heads: 0,
          seed: 1,
        });
        closeTo(await logProbs(reference), await logProbs(policy), 0);
      });
    });

    describeAdapters(() => ({
      trainer,
      base: harness.base,
      batch: BATCH,
      call: CALL,
      freshFolder,
      logProbs,
    }));

    describe('bad input', () => {
      const broken: readonly (readonly [string, LossRequest])[] = [
        [
          'a token outside the vocabulary',
          crossEntropy({ ...BATCH, tokenIds: BATCH.tokenIds.map(() => 1_000_000) }),
        ],
        ['a weight on a first token', crossEntropy({ ...BATCH, weights: BATCH.weights.map(() => 1) })],
        [
          'offsets that do not end at the last token',
          crossEntropy({ ...BATCH, offsets: Int32Array.of(0, 3) }),
        ],
        ['a temperature of 0', crossEntropy({ ...BATCH, temperature: 0 })],
        [
          'advantages of another length',
          {
            type: 'ppo',
            batch: { ...BATCH, advantages: new Float32Array(1), oldLogProbs: new Float32Array(1) },
            config: { epsLow: 0.2, epsHigh: 0.2, ratio: 'token', entropyCoef: 0 },
          },
        ],
        [
          'a value loss on a language model',
          {
            type: 'value',
            batch: { ...BATCH, oldValues: BATCH.weights, returns: BATCH.weights },
            config: {},
          },
        ],
      ];
      it.each(broken)('%s is invalid_argument', async (_title, loss) => {
        expect(await codeOf(backward(await create('policy'), loss))).toBe('invalid_argument');
      });
    });
  });
}
