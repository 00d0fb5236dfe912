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
  /** What the model can read, where others than its own run may ask: what it cannot is that answer's outcome alone. */
  readonly readable?: { readonly contextLength: number; readonly vocabSize: number };
}

/** A reward model that stands in a trainer, as every consumer of rewards sees it. */
export function createTrainerRewardModel(options: TrainerRewardModelOptions): RewardModel {
  const { hash, rubricHash, model, encode, readable } = options;
  return {
    hash,
    rubricHash,
    score: async (answers, signal) => {
      const sequences = answers.map((answer) => answer.tokenIds ?? tokensOf(answer, encode));
      const refused = sequences.map((tokenIds) => readable && whyUnreadable(tokenIds, readable));
      const read = sequences.filter((_, at) => refused[at] === undefined);
      const scores = read.length === 0 ? [] : await scoreSequences(model, read, signal);
      let next = 0;
      return refused.map((outcome) => {
        if (outcome !== undefined) return outcome;
        next += 1;
        return outcomeOf(scores[next - 1]);
      });
    },
  };
}

/** An answer that goes on beyond the context is malformed; tokens of another tokenizer are the client's mistake. */
function whyUnreadable(
  tokenIds: readonly number[],
  { contextLength, vocabSize }: NonNullable<TrainerRewardModelOptions['readable']>,
): Outcome<RewardScore> | undefined {
  const stranger = tokenIds.find((id) => id < 0 || id >= vocabSize);
  if (stranger !== undefined || tokenIds.length === 0) {
    const found = stranger === undefined ? 'no tokens' : `token ${stranger}`;
    const reason = `${found}; the reward model reads 0 to ${vocabSize - 1}: send none, and it tokenizes the text`;
    return { kind: 'judge_failed', reason, retryable: false };
  }
  if (tokenIds.length <= contextLength) return undefined;
  const reason = `prompt and answer have ${tokenIds.length} tokens; the reward model reads at most ${contextLength}`;
  return { kind: 'policy_malformed', reason };
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
