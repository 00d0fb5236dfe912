/**
 * NeMo-Gym's comparison of responses (resources_servers/genrm_compare/app.py at 07d6b0d0): `POST /compare`. The rewards are
 * the reward's own; pairs are derived from them (compared-responses.ts). A `principle` is read over, as there where
 * `use_principle` is false: the rubric is what decides.
 *
 * Its client raises on any status from 400 on, without another try. Its rewards are floats without null, so one response without a
 * reward makes the comparison fail; there it would have had 3.0.
 */
import { z } from 'zod';
import { parseInput } from '../../core/config/parse-input.js';
import { comparedPair, comparePairs, comparisonFigures, figuresOf } from './compared-responses.js';
import type { HttpContract } from './http-contract.js';
import { lastQuestion, messages } from './last-question.js';
import { paidRewards } from './paid-rewards.js';
import { answerInResponse, responsesObject } from './responses-object.js';

const request = z.object({
  conversation_history: messages,
  response_objs: z.array(responsesObject),
  locale: z.string().min(1).nullish(),
});

const reply = z.object({
  rewards: z.array(z.number()),
  comparison_results: z.array(comparedPair).nullable(),
  metrics: comparisonFigures.nullable(),
});

export const nemoGymCompare: HttpContract = {
  name: 'nemo_gym_compare',
  path: '/compare',
  summary: "NeMo-Gym's comparison of responses",
  schemas: { request, reply },
  read(body, to) {
    const asked = parseInput(request, body.value, body);
    const locale = asked.locale ?? to.locale;
    const item = {
      prompt: lastQuestion(asked.conversation_history, {
        source: body.source,
        place: 'conversation_history',
      }),
      ...(locale === undefined ? {} : { locale }),
      answers: asked.response_objs.map((response) => ({ text: answerInResponse(response) })),
    };
    return {
      items: [item],
      tell({ outcomes }) {
        const rewards = paidRewards(outcomes.flat());
        const pairs = comparePairs(rewards);
        if (pairs.length === 0) return JSON.stringify({ rewards, comparison_results: null, metrics: null });
        return JSON.stringify({ rewards, comparison_results: pairs, metrics: figuresOf(pairs) });
      },
    };
  },
};
