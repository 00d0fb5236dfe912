/**
 * slime's remote reward model (slime/rollout/rm_hub/__init__.py at 624b824a), for `--rm-type remote_rm --rm-url
 * http://HOST:PORT`. The body of the reply is the reward.
 *
 * Its client tries ten times, with up to 30 seconds between, whatever the status from 400 on, and then ends the run. A null would
 * be taken for a reward that is yet to come, so an answer without one makes the request fail.
 */
import { z } from 'zod';
import { parseInput } from '../../core/config/parse-input.js';
import { questionIn, withoutEndTokens } from './chat-markup.js';
import type { HttpContract } from './http-contract.js';
import { lastQuestion, messages } from './last-question.js';
import { localeOf } from './locale-of.js';
import { paidRewards } from './paid-rewards.js';

const request = z.object({
  prompt: z.union([z.string(), messages], { error: 'text, or a list of {role, content}' }),
  response: z.string(),
  label: z.unknown().optional(),
});

export const slime: HttpContract = {
  name: 'slime',
  path: '/',
  summary: 'The remote reward model of slime',
  schemas: { request, reply: z.number() },
  read(body, to) {
    const { prompt, response, label } = parseInput(request, body.value, body);
    const place = { source: body.source, place: 'prompt' };
    const item = {
      prompt: typeof prompt === 'string' ? questionIn(prompt) : lastQuestion(prompt, place),
      ...localeOf({ place: 'label', value: label }, to, body.source),
      answers: [{ text: withoutEndTokens(response) }],
    };
    return { items: [item], tell: ({ outcomes }) => JSON.stringify(paidRewards(outcomes.flat())[0]) };
  },
};
