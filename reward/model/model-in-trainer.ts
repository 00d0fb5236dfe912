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
  for (let start = 0; start < sequences.length; start += SEQUENCES_PER_CALL) {
    signal?.throwIfAborted();
    const chunk = sequences.slice(start, start + SEQUENCES_PER_CALL);
    const request = { modelId: model.modelId, batch: packSequences(chunk), want: ['scores'] as const };
    const { scores } = await model.trainer.forward(model.call, request);
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

function acrossHeads(scores: Float32Array): RewardScore {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  return { mean, variance: scores.length === 1 ? 0 : squares / (scores.length - 1) };
}
