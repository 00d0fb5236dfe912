/**
 * Majlis's own way to ask for rewards: `POST /v1/score`. Any number of prompts with any number of answers; each answer has an
 * outcome of its own, so that one without a reward costs the others nothing. Only what is paid has a `reward`.
 */
import type { z } from 'zod';
import { parseInput } from '../../core/config/parse-input.js';
import type { Reward } from '../../core/domain/reward.js';
import type { Outcome } from '../../core/domain/verdict.js';
import type { PromptToScore } from '../serving/reward-service.js';
import type { RewardName } from '../serving/served-rewards.js';
import type { HttpContract } from './http-contract.js';
import { FLOOR_REWARD } from './paid-rewards.js';
import { scoreReply, scoreRequest } from './score-schema.js';
import type { ScoredAnswer } from './score-schema.js';

type Item = z.output<typeof scoreRequest>['items'][number];

export const plainScore: HttpContract = {
  name: 'score',
  path: '/v1/score',
  summary: 'Rewards of any answers to any prompts',
  schemas: { request: scoreRequest, reply: scoreReply },
  read(body, { locale }) {
    const { reward, items, deadline_ms: deadlineMs } = parseInput(scoreRequest, body.value, body);
    return {
      items: items.map((item) => promptOf(item, locale)),
      ...(reward === undefined ? {} : { reward: nameOf(reward) }),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
      tell: ({ rubricHash, rewardModelHash, outcomes }) =>
        JSON.stringify({
          rubric_hash: rubricHash,
          reward_model_hash: rewardModelHash,
          outcomes: outcomes.map((answers) => answers.map(tellOutcome)),
        }),
    };
  },
};

function promptOf(item: Item, given: string | undefined): PromptToScore {
  const locale = item.locale ?? given;
  const { prompt, category, prompt_token_ids: promptTokenIds } = item;
  return {
    prompt,
    ...(locale === undefined ? {} : { locale }),
    ...(category === undefined ? {} : { category }),
    ...(promptTokenIds === undefined ? {} : { promptTokenIds }),
    answers: item.answers.map(({ text, token_ids: tokenIds }) =>
      tokenIds === undefined ? { text } : { text, tokenIds },
    ),
  };
}

function nameOf(reward: NonNullable<z.output<typeof scoreRequest>['reward']>): RewardName {
  if ('alias' in reward) return reward;
  return { rubricHash: reward.rubric_hash, rewardModelHash: reward.reward_model_hash };
}

/** An outcome as the reply has it. What the judge said that could not be read stays here: it may quote anything. */
export function tellOutcome(outcome: Outcome<Reward>): ScoredAnswer {
  switch (outcome.kind) {
    case 'scored':
      return { kind: 'scored', reward: outcome.score.normalized, raw: outcome.score.raw };
    case 'policy_malformed':
      return { kind: 'policy_malformed', reward: FLOOR_REWARD, reason: outcome.reason };
    case 'judge_failed':
      return outcome;
    case 'abstained':
      return outcome;
    case 'unparseable':
      return { kind: 'unparseable', reason: 'what the judge said could not be read' };
  }
}
