import { MajlisError } from '../../errors.js';
import type { ForwardRequest, ForwardResult, ForwardWant, TokenBatch } from '../trainer.js';
import type { ComputePool } from './compute-pool.js';
import { sequencesWithPlaces } from './loss-gradient.js';
import { toPacked } from './losses/loss-program.js';
import type { ShardResult } from './losses/loss-program.js';
import type { ModelState } from './model-state.js';
import { gridFeeds, layShard, packGroups, targetFeed } from './shard.js';
import type { PlaceKind } from './shard.js';

/** Answers a Forward: per-token wants in one pass over the weighted tokens, scores in one over the sequences' ends. */
export async function forwardPass(
  pool: ComputePool,
  models: { readonly model: ModelState; readonly against?: ModelState },
  { batch, want }: ForwardRequest,
): Promise<ForwardResult> {
  const { model, against } = models;
  const perToken = want.filter((name) => name !== 'scores');
  for (const name of want) checkWant(name, model, against);
  const pass = async (names: readonly ForwardWant[], kind: PlaceKind): Promise<ShardResult[]> => {
    const sequences =
      kind === 'token' ? sequencesWithPlaces(batch) : Array.from(batch.offsets.subarray(1), (_, at) => at);
    const groups = sequences.map((sequence) => [sequence]);
    return Promise.all(
      packGroups(batch, groups).map(async (members) => {
        const inShard = members.map((member) => sequences[member]);
        const shard = layShard(batch, inShard, kind);
        const second = names.includes('kl') ? against : undefined;
        const outputs = await pool.run({
          spec: {
            kind: 'forward',
            model: model.shape,
            want: names,
            ...(second === undefined ? {} : { against: second.shape }),
          },
          models: second === undefined ? [model.handle] : [model.handle, second.handle],
          feeds: {
            ...gridFeeds(batch, shard),
            ...(names.includes('log_probs') ? { targets: targetFeed(batch, shard) } : {}),
          },
        });
        return { shard, outputs };
      }),
    );
  };
  const tokens = perToken.length > 0 ? await pass([...perToken].sort(), 'token') : [];
  const ends = want.includes('scores') ? await pass(['scores'], 'sequence_end') : [];
  const packed = (name: ForwardWant): Float32Array => toPacked(batch.tokenIds.length, tokens, name);
  return {
    ...(want.includes('log_probs') ? { logProbs: packed('log_probs') } : {}),
    ...(want.includes('entropy') ? { entropy: packed('entropy') } : {}),
    ...(want.includes('values') ? { values: packed('values') } : {}),
    ...(want.includes('kl') ? { kl: packed('kl') } : {}),
    ...(want.includes('scores') ? { scores: packedScores(batch, ends, model.shape.scoreHeads) } : {}),
  };
}

function packedScores(batch: TokenBatch, ends: readonly ShardResult[], heads: number): Float32Array {
  const scores = new Float32Array((batch.offsets.length - 1) * heads);
  for (const { shard, outputs } of ends) {
    shard.sequences.forEach((sequence, place) => {
      scores.set(outputs['scores'].subarray(place * heads, (place + 1) * heads), sequence * heads);
    });
  }
  return scores;
}

function checkWant(name: ForwardWant, { shape }: ModelState, against: ModelState | undefined): void {
  const refuse = (reason: string): never => {
    throw new MajlisError(`Forward cannot give ${name}: ${reason}.`, { code: 'failed_precondition' });
  };
  const isScore = name === 'values' || name === 'scores';
  if (isScore !== shape.scoreHeads > 0) {
    refuse(isScore ? 'the model has no score heads' : 'the model has score heads, not a vocabulary');
  }
  if (name === 'values' && shape.scoreHeads !== 1) refuse(`the model has ${shape.scoreHeads} heads`);
  if (name !== 'kl') return;
  if (against === undefined) refuse('`against` names no model');
  if (against?.shape.scoreHeads !== 0 || against.shape.config.vocabSize !== shape.config.vocabSize) {
    refuse('both models must be language models of one vocabulary');
  }
}
