import { z } from 'zod';
import type * as wire from '../../proto/gen/majlis/v1/reward.js';
import type { Reward } from '../domain/reward.js';
import type { Outcome } from '../domain/verdict.js';
import { BadInputError } from '../errors.js';
import type { ScoreItem, ScoreRequest } from '../scorer/scorer.js';
import { rewardOutcomeMessage, rewardOutcomeToMessage } from './convert-outcome.js';
import { promptMessage, promptToMessage } from './convert-rollout.js';
import { identifier, message, text, tokenIds } from './message-fields.js';
import { parseMessage } from './parse-message.js';

/**
 * Score requests and replies. A reply is read against its request: it must name the same hashes and hold one outcome for
 * every answer, so that no reward can land on another answer or come from another rubric.
 */
const REPLY = 'message majlis.v1.ScoreResponse';

const scoreRequestMessage = message({
  rubricHash: identifier,
  rewardModelHash: identifier,
  items: z.array(
    message({
      prompt: promptMessage,
      promptTokenIds: tokenIds,
      answers: z.array(message({ tokenIds, text })),
    }),
  ),
});

const scoreReplyMessage = message({
  rubricHash: identifier,
  rewardModelHash: identifier,
  items: z.array(message({ outcomes: z.array(rewardOutcomeMessage) })),
});

/** Domain to wire. */
export function scoreRequestToMessage(request: ScoreRequest): wire.ScoreRequest {
  return { ...request, items: request.items.map(itemToMessage) };
}

/** Wire to domain; a request that lacks anything is a BadInputError. */
export function scoreRequestFromMessage(request: wire.ScoreRequest | undefined): ScoreRequest {
  return parseMessage(scoreRequestMessage, request, 'message majlis.v1.ScoreRequest');
}

/** Domain to wire: the outcomes of a request, item by item. */
export function scoreReplyToMessage(
  request: ScoreRequest,
  outcomes: readonly (readonly Outcome<Reward>[])[],
): wire.ScoreResponse {
  return {
    rubricHash: request.rubricHash,
    rewardModelHash: request.rewardModelHash,
    items: outcomes.map((item) => ({ outcomes: item.map(rewardOutcomeToMessage) })),
  };
}

/** Wire to domain: one outcome for each answer of the request, else a BadInputError. */
export function scoreReplyFromMessage(
  request: ScoreRequest,
  response: wire.ScoreResponse | undefined,
): readonly (readonly Outcome<Reward>[])[] {
  const reply = parseMessage(scoreReplyMessage, response, REPLY);
  expectSame('rubric_hash', reply.rubricHash, request.rubricHash);
  expectSame('reward_model_hash', reply.rewardModelHash, request.rewardModelHash);
  expectSame('items', `${reply.items.length} entries`, `${request.items.length} entries`);
  request.items.forEach(({ answers }, place) => {
    const outcomes = reply.items[place]?.outcomes.length;
    expectSame(`items.${place}.outcomes`, `${outcomes} entries`, `${answers.length} entries`);
  });
  return reply.items.map(({ outcomes }) => outcomes);
}

function itemToMessage(item: ScoreItem): wire.ScoreItem {
  return { ...item, prompt: promptToMessage(item.prompt) };
}

function expectSame(place: string, found: string, asked: string): void {
  if (found !== asked)
    throw new BadInputError({ source: REPLY, place, found, allowed: `${asked}, as asked` });
}
