import type { Outcome } from '../../core/domain/verdict.js';
import { MajlisError } from '../../core/errors.js';
import type { AnswerEncoder } from './encoded-pair.js';
import type { ModelInTrainer } from './model-in-trainer.js';
import { scoreSequences } from './model-in-trainer.js';
import type { AnswerToReward, RewardModel, RewardScore } from './reward-model.js';

export interface TrainerRewardModelOptions extends Pick<RewardModel, 'hash' | 'rubricHash'> {
  readonly model: ModelInTrainer;
  /** Tokenizes answers that come without tokens; where it is left out they are refused. */
  readonly encode?: AnswerEncoder;
}

/** A reward model that stands in a trainer, as every consumer of rewards sees it. */
export function createTrainerRewardModel(options: TrainerRewardModelOptions): RewardModel {
  const { hash, rubricHash, model, encode } = options;
  return {
    hash,
    rubricHash,
    score: async (answers, signal) => {
      const sequences = answers.map((answer) => answer.tokenIds ?? tokensOf(answer, encode));
      return (await scoreSequences(model, sequences, signal)).map(outcomeOf);
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
