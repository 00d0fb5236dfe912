import type { ForwardBackwardResult, LossRequest } from '../trainer.js';
import type { ComputePool } from './compute-pool.js';
import type { GraphSpec } from './graph-spec.js';
import type { ShardResult } from './losses/loss-program.js';
import { lossProgram } from './losses/loss-programs.js';
import type { ModelState } from './model-state.js';
import { gridFeeds, layShard, packGroups } from './shard.js';
import type { Shard } from './shard.js';

/** Shards whose gradients are in memory at once. It bounds memory and changes no result. */
const WAVE = 8;

/**
 * Adds the gradient of one loss to the model's. Shards run on any thread, and their gradients are added in the order
 * of the shards, so the sum has the same bits however many threads there are.
 */
export async function addLossGradient(
  pool: ComputePool,
  model: ModelState,
  loss: LossRequest,
  normalizer: number,
): Promise<ForwardBackwardResult> {
  const program = lossProgram(loss.type);
  const spec: GraphSpec = { kind: 'loss', model: model.shape, loss: program.structure(loss) };
  const shards = layShards(loss);
  const results: ShardResult[] = [];
  const { gradient: total } = model.memory;
  if (model.micros === 0 && shards.length === 0) new Float32Array(total).fill(0);
  for (let start = 0; start < shards.length; start += WAVE) {
    const wave = shards.slice(start, start + WAVE);
    // The very first gradient of a step is the sum so far.
    const begins = model.micros === 0 && start === 0;
    await pool.lend(model.weights.byteLength, wave.length - (begins ? 1 : 0), async (lent) => {
      const parts = begins ? [total, ...lent] : lent;
      const outputs = await Promise.all(
        wave.map((shard, place) =>
          pool.run({
            spec,
            models: [model.handle],
            feeds: { ...gridFeeds(loss.batch, shard), ...program.feeds(loss, shard, normalizer) },
            gradient: parts[place],
          }),
        ),
      );
      results.push(...wave.map((shard, place) => ({ shard, outputs: outputs[place] })));
      if (lent.length > 0) await pool.accumulate({ total, parts: lent });
    });
  }
  return {
    loss: results.reduce((sum, { outputs }) => sum + outputs['loss'][0], 0),
    metrics: program.metrics(loss, results),
  };
}

function layShards(loss: LossRequest): Shard[] {
  const { batch } = loss;
  const { places } = lossProgram(loss.type);
  if (loss.type === 'bradley_terry' || loss.type === 'dpo') {
    const { first, second } = loss.batch;
    const groups = Array.from(first, (sequence, pair) => [sequence, second[pair]]);
    return packGroups(batch, groups).map((pairs) =>
      layShard(batch, [...new Set(pairs.flatMap((pair) => groups[pair]))], places, pairs),
    );
  }
  const weighted = sequencesWithPlaces(batch);
  const groups = weighted.map((sequence) => [sequence]);
  return packGroups(batch, groups).map((group) =>
    layShard(
      batch,
      group.map((place) => weighted[place]),
      places,
    ),
  );
}

/** Sequences that have a token of non-zero weight. */
export function sequencesWithPlaces(batch: LossRequest['batch']): number[] {
  return Array.from({ length: batch.offsets.length - 1 }, (_, sequence) => sequence).filter((sequence) =>
    batch.weights
      .subarray(batch.offsets[sequence], batch.offsets[sequence + 1])
      .some((weight) => weight !== 0),
  );
}
