import { setImmediate } from 'node:timers/promises';
import type { LocaleProfile } from '../../../core/domain/locale.js';
import type { Rubric } from '../../../core/domain/rubric.js';
import type { Outcome } from '../../../core/domain/verdict.js';
import { LONGEST_TEXT } from '../../judge/answer-limits.js';
import type { AnswerToReward, RewardModel, RewardScore } from '../reward-model.js';
import { createFeatureReader } from './answer-features.js';
import type { LightModel } from './light-model.js';
import { createLightScorer, type LightScorer } from './score-features.js';

/** A light model with the rubric and the profile that its features are read by. */
export interface LightReward {
  readonly hash: string;
  readonly rubric: Rubric;
  readonly profile: LocaleProfile;
  readonly model: LightModel;
}

/** Some tenths of a millisecond: whoever waits for the first has them while the next are read. */
const ANSWERS_AT_ONCE = 16;

/** Answers between two turns of the event loop. */
const ANSWERS_PER_TURN = 256;

/**
 * The light form of a reward model: no GPU, no tokens, some ten thousand answers a second. What is too long for any judge to
 * read is `policy_malformed`, by its length alone.
 */
export function createLightRewardModel({ hash, rubric, profile, model }: LightReward): RewardModel {
  const score = createLightScorer(model, createFeatureReader(model.space, { rubric, profile }));
  return {
    hash,
    rubricHash: rubric.hash,
    answersAtOnce: ANSWERS_AT_ONCE,
    score: async (answers, signal) => {
      const outcomes: Outcome<RewardScore>[] = [];
      for (const [at, answer] of answers.entries()) {
        if (at % ANSWERS_PER_TURN === 0) {
          if (at > 0) await setImmediate();
          signal?.throwIfAborted();
        }
        outcomes.push(scoreOne(score, answer));
      }
      return outcomes;
    },
  };
}

function scoreOne(score: LightScorer, { prompt, answer }: AnswerToReward): Outcome<RewardScore> {
  if (answer.length <= LONGEST_TEXT) return { kind: 'scored', score: score(prompt, answer) };
  const reason = `the answer has ${answer.length} characters; the reward model reads at most ${LONGEST_TEXT}`;
  return { kind: 'policy_malformed', reason };
}
