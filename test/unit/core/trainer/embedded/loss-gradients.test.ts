import { createRng } from '../../../../../core/math/rng.js';
import { elementCount, gptParameters } from '../../../../../core/network/gpt/gpt-parameters.js';
import { ComputePool } from '../../../../../core/trainer/embedded/compute-pool.js';
import type { GraphSpec } from '../../../../../core/trainer/embedded/graph-spec.js';
import { toPacked } from '../../../../../core/trainer/embedded/losses/loss-program.js';
import { lossProgram } from '../../../../../core/trainer/embedded/losses/loss-programs.js';
import { gridFeeds, layShard, targetFeed } from '../../../../../core/trainer/embedded/shard.js';
import type { LossRequest } from '../../../../../core/trainer/trainer.js';
import { roughWeights, TINY, tinyBatch, tinyLosses } from './tiny-losses.js';
import type { TinyEstimates } from './tiny-losses.js';

const NORMALIZER = 11;
/** Stands in where only the names of the losses matter. */
const NOTHING = { logProbs: new Float32Array(46), values: new Float32Array(46) };
const ALL = [0, 1, 2, 3, 4, 5, 6];

/** One loss as a function of the flat weights, with its gradient. */
class LossFunction {
  private stamp = 0;
  private readonly spec: GraphSpec;
  private readonly feeds: ReturnType<typeof gridFeeds>;

  constructor(
    private readonly pool: ComputePool,
    private readonly key: string,
    { heads, loss }: { readonly heads: number; readonly loss: LossRequest },
  ) {
    const program = lossProgram(loss.type);
    const pairs = 'first' in loss.batch ? [...loss.batch.first.keys()] : [];
    const shard = layShard(loss.batch, ALL, program.places, pairs);
    this.spec = { kind: 'loss', model: { config: TINY, scoreHeads: heads }, loss: program.structure(loss) };
    this.feeds = { ...gridFeeds(loss.batch, shard), ...program.feeds(loss, shard, NORMALIZER) };
  }

  async at(weights: Float32Array, gradient = new SharedArrayBuffer(weights.byteLength)): Promise<number> {
    const values = new SharedArrayBuffer(weights.byteLength);
    new Float32Array(values).set(weights);
    this.stamp += 1;
    const models = [{ key: this.key, stamp: this.stamp, values }];
    return (await this.pool.run({ spec: this.spec, models, feeds: this.feeds, gradient }))['loss'][0];
  }

  /** Four-point central differences along a direction. */
  async slopeAlong(weights: Float32Array, direction: Float32Array): Promise<number> {
    const moved = (step: number): Promise<number> =>
      this.at(weights.map((value, place) => value + step * direction[place]));
    const step = 0.005;
    const near = (await moved(step)) - (await moved(-step));
    const far = (await moved(2 * step)) - (await moved(-2 * step));
    return (8 * near - far) / (12 * step);
  }
}

/** A unit direction within [from, to): half along the gradient, half random, so that a wrong gradient shows. */
function directionWithin(gradient: Float32Array, from: number, to: number): Float32Array {
  const rng = createRng(77 + from);
  const direction = new Float32Array(gradient.length);
  const norm = Math.hypot(...gradient.subarray(from, to)) || 1;
  for (let at = from; at < to; at += 1) {
    direction[at] = gradient[at] / norm + rng.normal() / Math.sqrt(to - from);
  }
  const length = Math.hypot(...direction.subarray(from, to));
  return direction.map((part) => part / length);
}

describe.each(['onnxruntime-node', 'onnxruntime-web'] as const)('on %s the gradient', (runtime) => {
  let pool: ComputePool;
  let estimates: TinyEstimates;

  const estimate = async (want: 'log_probs' | 'values', heads: number): Promise<Float32Array> => {
    const batch = tinyBatch(1);
    const shard = layShard(batch, ALL, 'token');
    const values = new SharedArrayBuffer(roughWeights(heads).byteLength);
    new Float32Array(values).set(roughWeights(heads));
    const outputs = await pool.run({
      spec: { kind: 'forward', model: { config: TINY, scoreHeads: heads }, want: [want] },
      models: [{ key: want, stamp: 0, values }],
      feeds: {
        ...gridFeeds(batch, shard),
        ...(heads === 0 ? { targets: targetFeed(batch, shard) } : {}),
      },
    });
    return toPacked(batch.tokenIds.length, [{ shard, outputs }], want);
  };

  beforeAll(async () => {
    pool = new ComputePool({ threads: 1, runtime });
    estimates = { logProbs: await estimate('log_probs', 0), values: await estimate('values', 1) };
  });

  afterAll(() => pool.close());

  it.each(tinyLosses(NOTHING).map(({ name }) => name))(
    'of %s agrees with finite differences for every parameter',
    async (name) => {
      const chosen = tinyLosses(estimates).find((one) => one.name === name);
      if (chosen === undefined) throw new Error(name);
      const loss = new LossFunction(pool, name, chosen);
      const weights = roughWeights(chosen.heads);
      const memory = new SharedArrayBuffer(weights.byteLength);
      await loss.at(weights, memory);
      const gradient = new Float32Array(memory);
      const disagreements: string[] = [];
      let from = 0;
      for (const parameter of gptParameters(TINY, chosen.heads)) {
        const to = from + elementCount(parameter.shape);
        const direction = directionWithin(gradient, from, to);
        const expected = await loss.slopeAlong(weights, direction);
        const actual = gradient.reduce((sum, slope, at) => sum + slope * direction[at], 0);
        if (!(Math.abs(actual - expected) <= 1e-3 + 0.01 * Math.abs(expected))) {
          disagreements.push(`${parameter.name}: gradient ${actual}, differences ${expected}`);
        }
        from = to;
      }
      expect(disagreements).toEqual([]);
      expect(Math.hypot(...gradient)).toBeGreaterThan(0.01);
    },
  );
});
