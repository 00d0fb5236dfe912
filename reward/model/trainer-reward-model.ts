import type { Outcome } from '../../core/domain/verdict.js';
import { MajlisError } from '../../core/errors.js';
import type { AnswerEncoder } from './encoded-pair.js';
import type { ModelInTrainer } from './model-in-trainer.js';
import { scoreSequences } from './model-in-trainer.js';
import type { AnswerToReward, RewardModel, RewardScore } from './reward-model.js';

export interface TrainerRewardModelOptions extends Pick<RewardModel, 'hash' | 'rubricHash'> {
  readonly model: ModelInTrainer;
  /** Puts the same model into a trainer that was started again; without it, whoever asks then is told so. */
  readonly reload?: () => Promise<ModelInTrainer>;
  /** Tokenizes answers that come without tokens; where it is left out they are refused. */
  readonly encode?: AnswerEncoder;
}

/** A reward model that stands in a trainer, as every consumer of rewards sees it. */
export function createTrainerRewardModel(options: TrainerRewardModelOptions): RewardModel {
  const { hash, rubricHash, encode } = options;
  let standing = Promise.resolve(options.model);
  const scored = async (
    sequences: readonly (readonly number[])[],
    signal?: AbortSignal,
  ): Promise<RewardScore[]> => {
    const asked = standing;
    try {
      return await scoreSequences(await asked, sequences, signal);
    } catch (thrown) {
      if (options.reload === undefined || MajlisError.from(thrown).reason !== 'restarted') throw thrown;
      // Whoever is told first brings it back for all.
      if (standing === asked) {
        standing = options.reload().catch((failure: unknown) => {
          // Whoever asks next tries again.
          standing = asked;
          throw failure;
        });
      }
      return scored(sequences, signal);
    }
  };
  return {
    hash,
    rubricHash,
    score: async (answers, signal) => {
      const sequences = answers.map((answer) => answer.tokenIds ?? tokensOf(answer, encode));
      return (await scored(sequences, signal)).map(outcomeOf);
    },
  };
}

function tokensOf({ prompt, answer }: AnswerToReward, encode: AnswerEncoder | undefined): readonly number[] {
  if (encode !== undefined) return encode(prompt, answer).tokenIds;
  throw new MajlisError(`The answer to prompt ${prompt.id} has no tokens, and there is no tokenizer.`, {
    code: 'failed_precondition',
  });
}

/** A model that overflowed has no opinion: that is no number. */
function outcomeOf(score: RewardScore): Outcome<RewardScore> {
  const bad = [score.mean, score.variance].find((value) => !Number.isFinite(value));
  if (bad === undefined) return { kind: 'scored', score };
  return { kind: 'judge_failed', reason: `the reward model gave ${bad}`, retryable: false };
}
