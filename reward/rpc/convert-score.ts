/**
 * Score requests and replies on the wire. A reply is read against its request: it must name the same hashes and hold one
 * outcome for every answer, so that no reward can land on another answer or come from another rubric.
 *
 * The generated decoder gives every field its type. What a request may lack is looked for by hand: a schema would visit each
 * token id of thousands of answers to find that numbers are numbers.
 */
import { z } from 'zod';
import type * as wire from '../../proto/gen/majlis/v1/reward.js';
import { BadInputError } from '../../core/errors.js';
import { rewardOutcomeMessage, rewardOutcomeToMessage } from '../../core/rpc/convert-outcome.js';
import { identifier, message } from '../../core/rpc/message-fields.js';
import { parseMessage } from '../../core/rpc/parse-message.js';
import type { PromptToScore, RewardReply, RewardRequest } from '../serving/reward-service.js';
import type { RewardName } from '../serving/served-rewards.js';

const REQUEST = 'message majlis.v1.ScoreRequest';
const REPLY = 'message majlis.v1.ScoreResponse';

const scoreReplyMessage = message({
  rubricHash: identifier,
  rewardModelHash: identifier,
  items: z.array(message({ outcomes: z.array(rewardOutcomeMessage) })),
});

/** A request with the longest wait that its client gave it. */
export interface TimedRequest {
  readonly request: RewardRequest;
  readonly deadlineMs?: number;
}

/** Domain to wire. */
export function scoreRequestToMessage({ request, deadlineMs }: TimedRequest): wire.ScoreRequest {
  const { reward, items } = request;
  const named = 'alias' in reward ? NO_HASHES : reward;
  return {
    rubricHash: named.rubricHash,
    rewardModelHash: named.rewardModelHash,
    alias: 'alias' in reward ? reward.alias : '',
    items: items.map(itemToMessage),
    deadlineMs,
  };
}

/** Wire to domain; a request that lacks anything is a BadInputError. */
export function scoreRequestFromMessage(received: wire.ScoreRequest | undefined): TimedRequest {
  if (received === undefined) throw lacks('', 'a message');
  const { deadlineMs } = received;
  if (deadlineMs === 0) throw refused('deadline_ms', '0', 'a whole number from 1');
  const request = { reward: rewardNameOf(received), items: received.items.map(itemFromMessage) };
  return deadlineMs === undefined ? { request } : { request, deadlineMs };
}

/** Domain to wire. */
export function scoreReplyToMessage({
  rubricHash,
  rewardModelHash,
  outcomes,
}: RewardReply): wire.ScoreResponse {
  const items = outcomes.map((item) => ({ outcomes: item.map(rewardOutcomeToMessage) }));
  return { rubricHash, rewardModelHash, items };
}

/** Wire to domain: one outcome for each answer of the request, else a BadInputError. */
export function scoreReplyFromMessage(
  { reward, items }: RewardRequest,
  response: wire.ScoreResponse | undefined,
): RewardReply {
  const reply = parseMessage(scoreReplyMessage, response, REPLY);
  if (!('alias' in reward)) {
    expectSame('rubric_hash', reply.rubricHash, reward.rubricHash);
    expectSame('reward_model_hash', reply.rewardModelHash, reward.rewardModelHash);
  }
  expectSame('items', `${reply.items.length} entries`, `${items.length} entries`);
  items.forEach(({ answers }, place) => {
    const outcomes = reply.items[place].outcomes.length;
    expectSame(`items.${place}.outcomes`, `${outcomes} entries`, `${answers.length} entries`);
  });
  const { rubricHash, rewardModelHash } = reply;
  return { rubricHash, rewardModelHash, outcomes: reply.items.map(({ outcomes }) => outcomes) };
}

const NO_HASHES = { rubricHash: '', rewardModelHash: '' };

function itemToMessage({ prompt, locale, category, promptTokenIds, answers }: PromptToScore): wire.ScoreItem {
  return {
    prompt: { id: '', locale: locale ?? '', text: prompt, category },
    promptTokenIds: promptTokenIds ?? [],
    answers: answers.map(({ text, tokenIds }) => ({ text, tokenIds: tokenIds ?? [] })),
  };
}

function rewardNameOf({ alias, rubricHash, rewardModelHash }: wire.ScoreRequest): RewardName {
  if (alias === '') {
    if (rubricHash === '') throw refused('rubric_hash', 'an empty text', 'a hash, or an alias in its place');
    if (rewardModelHash === '') throw refused('reward_model_hash', 'an empty text', 'a hash');
    return { rubricHash, rewardModelHash };
  }
  if (rubricHash === '' && rewardModelHash === '') return { alias };
  throw refused('alias', `${JSON.stringify(alias)} beside a hash`, 'an alias, or both hashes');
}

function itemFromMessage({ prompt, promptTokenIds, answers }: wire.ScoreItem, at: number): PromptToScore {
  const text = prompt?.text;
  if (prompt === undefined) throw lacks(`items.${at}.prompt`, 'a message');
  if (text === undefined) throw lacks(`items.${at}.prompt.text`, 'a text, which may be empty');
  const { locale, category } = prompt;
  // An empty list and none are the same on the wire: an answer without tokens has some only if its prompt has.
  const hasTokens = promptTokenIds.length > 0 || answers.some(({ tokenIds }) => tokenIds.length > 0);
  return {
    prompt: text,
    ...(locale === '' ? {} : { locale }),
    ...(category === undefined ? {} : { category }),
    ...(hasTokens ? { promptTokenIds } : {}),
    answers: answers.map((answer, place) => {
      if (answer.text === undefined) {
        throw lacks(`items.${at}.answers.${place}.text`, 'a text, which may be empty');
      }
      return hasTokens ? { text: answer.text, tokenIds: answer.tokenIds } : { text: answer.text };
    }),
  };
}

function lacks(place: string, allowed: string): BadInputError {
  return new BadInputError({
    source: REQUEST,
    ...(place === '' ? {} : { place }),
    found: 'nothing',
    allowed,
  });
}

function refused(place: string, found: string, allowed: string): BadInputError {
  return new BadInputError({ source: REQUEST, place, found, allowed });
}

function expectSame(place: string, found: string, asked: string): void {
  if (found !== asked)
    throw new BadInputError({ source: REPLY, place, found, allowed: `${asked}, as asked` });
}
