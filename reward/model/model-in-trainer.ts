import { MajlisError } from '../../core/errors.js';
import type { ModelId, Trainer, TrainerCall } from '../../core/trainer/trainer.js';
import { packSequences } from './pack-sequences.js';
import type { RewardScore } from './reward-model.js';

/** A reward model in a trainer. */
export interface ModelInTrainer {
  readonly trainer: Trainer;
  /** Names the optimizer steps that the model has had. */
  readonly call: TrainerCall;
  readonly modelId: ModelId;
  readonly heads: number;
  /** Most tokens of one forward call, but for a sequence that is longer by itself; bounded by the number of sequences alone unless told. */
  readonly tokensPerCall?: number;
}

/** Sequences in one forward call; a fixed shape of work, so that results do not depend on who asks for more. */
const SEQUENCES_PER_CALL = 64;

/** Scores whole sequences, in order. [sequence] */
export async function scoreSequences(
  model: ModelInTrainer,
  sequences: readonly (readonly number[])[],
  signal?: AbortSignal,
): Promise<RewardScore[]> {
  const scored: RewardScore[] = [];
  while (scored.length < sequences.length) {
    signal?.throwIfAborted();
    const chunk = firstOf(sequences.slice(scored.length, scored.length + SEQUENCES_PER_CALL), model);
    const request = { modelId: model.modelId, batch: packSequences(chunk), want: ['scores'] as const };
    const { scores } = await model.trainer.forward(model.call, request, signal);
    if (scores?.length !== chunk.length * model.heads) {
      throw new MajlisError(
        `The trainer answered ${scores?.length ?? 'no'} scores for ${chunk.length} sequences × ${model.heads} heads.`,
        { code: 'data_loss' },
      );
    }
    for (let at = 0; at < chunk.length; at += 1) {
      scored.push(acrossHeads(scores.subarray(at * model.heads, (at + 1) * model.heads)));
    }
  }
  return scored;
}

/** As many as one call takes, and one at least. */
function firstOf(
  sequences: readonly (readonly number[])[],
  { tokensPerCall = Infinity }: ModelInTrainer,
): readonly (readonly number[])[] {
  let tokens = 0;
  const beyond = sequences.findIndex((sequence, at) => {
    tokens += sequence.length;
    return at > 0 && tokens > tokensPerCall;
  });
  return beyond < 0 ? sequences : sequences.slice(0, beyond);
}

function acrossHeads(scores: Float32Array): RewardScore {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  return { mean, variance: scores.length === 1 ? 0 : squares / (scores.length - 1) };
}
