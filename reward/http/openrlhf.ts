/**
 * OpenRLHF's remote reward model (openrlhf/utils/agent.py and openrlhf/cli/serve_rm.py at 3c3be623), for
 * `--reward.remote_url http://HOST:PORT/get_reward`, or several of them separated by commas.
 *
 * Its client sends a sample a request and shards over its addresses, so that all but the first are asked about nothing: empty
 * lists are answered by empty lists. It retries any status from 400 on five times a second apart; then the sample's reward
 * is missing, and the run ends. There is no null in the contract: an answer without a reward makes the request fail.
 */
import { z } from 'zod';
import { parseInput } from '../../core/config/parse-input.js';
import { BadInputError } from '../../core/errors.js';
import { logistic } from '../../core/math/logistic.js';
import type { PromptToScore } from '../serving/reward-service.js';
import { answerInQuery } from './answer-in-query.js';
import { questionIn, withoutEndTokens } from './chat-markup.js';
import type { AddressedTo, HttpContract } from './http-contract.js';
import { localeOf } from './locale-of.js';
import { paidRewards } from './paid-rewards.js';
import type { ReceivedBody } from './received-body.js';

const request = z.object({
  query: z.array(z.string()),
  prompts: z.array(z.string()),
  labels: z.array(z.unknown()).nullish(),
});

const numbers = z.array(z.number());

const reply = z.object({
  rewards: numbers,
  scores: numbers,
  extra_logs: z.object({ malformed: numbers }),
});

type Request = z.output<typeof request>;

export const openRlhf: HttpContract = {
  name: 'openrlhf',
  path: '/get_reward',
  summary: 'The remote reward model of OpenRLHF',
  schemas: { request, reply },
  read(body, to) {
    const asked = parseInput(request, body.value, body);
    requireSameLengths(asked, body);
    return {
      items: asked.query.map((_, index) => sampleOf(asked, index, { body, to })),
      tell({ outcomes }) {
        const flat = outcomes.flat();
        const rewards = paidRewards(flat);
        const malformed = flat.map(({ kind }) => Number(kind === 'policy_malformed'));
        // Its dynamic filtering keeps groups whose mean score lies between two numbers, 0 and 1 unless told.
        return JSON.stringify({ rewards, scores: rewards.map(logistic), extra_logs: { malformed } });
      },
    };
  },
};

function requireSameLengths({ query, prompts, labels }: Request, { source }: ReceivedBody): void {
  for (const [place, { length }] of Object.entries({ prompts, ...(labels == null ? {} : { labels }) })) {
    if (length === query.length) continue;
    const allowed = `${query.length}, one for each text in query`;
    throw new BadInputError({ source, place, found: `${length} of them`, allowed });
  }
}

function sampleOf(
  { query, prompts, labels }: Request,
  index: number,
  { body: { source }, to }: { readonly body: ReceivedBody; readonly to: AddressedTo },
): PromptToScore {
  const answer = answerInQuery(query[index], prompts[index]);
  if (answer === undefined) {
    const found = 'a text that does not begin with its prompt';
    throw new BadInputError({
      source,
      place: `query[${index}]`,
      found,
      allowed: `prompts[${index}] and its answer`,
    });
  }
  const label = { place: `labels[${index}]`, value: labels?.[index] };
  return {
    prompt: questionIn(prompts[index]),
    ...localeOf(label, to, source),
    answers: [{ text: withoutEndTokens(answer) }],
  };
}
