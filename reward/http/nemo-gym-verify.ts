/**
 * NeMo-Gym's verification of a rollout (nemo_gym/base_resources_server.py at 07d6b0d0): `POST /verify`. The request comes back
 * with its reward. A rollout is rewarded by itself, so that none waits for the others of its cohort.
 *
 * Its agents raise on any status from 400 on, which ends the collection. NeMo-Gym also has a row of its own for a failed judge, tagged
 * `_ng_failure_class`; but that row says `reward: 0.0`, and NeMo-RL reads rewards without looking at the tag
 * (nemo_rl/environments/nemo_gym.py at 7ea279ab). So an answer without a reward makes the request fail.
 */
import { z } from 'zod';
import { parseInput } from '../../core/config/parse-input.js';
import type { HttpContract } from './http-contract.js';
import { lastQuestion, messages } from './last-question.js';
import { paidRewards } from './paid-rewards.js';
import type { ReceivedBody } from './received-body.js';
import { answerInResponse, responsesObject } from './responses-object.js';

const request = z.looseObject({
  responses_create_params: z.looseObject({
    input: z.union([z.string(), messages], { error: 'text, or a list of messages' }),
  }),
  response: responsesObject,
  locale: z.string().min(1).nullish(),
});

const INPUT = 'responses_create_params.input';

export const nemoGymVerify: HttpContract = {
  name: 'nemo_gym_verify',
  path: '/verify',
  summary: "NeMo-Gym's verification of a rollout",
  schemas: { request, reply: request.extend({ reward: z.number() }) },
  read(body, to) {
    const { responses_create_params, response, ...row } = parseInput(request, body.value, body);
    const { input } = responses_create_params;
    const locale = row.locale ?? to.locale;
    const item = {
      prompt: typeof input === 'string' ? input : lastQuestion(input, { source: body.source, place: INPUT }),
      ...(locale === undefined ? {} : { locale }),
      answers: [{ text: answerInResponse(response) }],
    };
    const isPaid = Object.hasOwn(row, 'reward');
    return {
      items: [item],
      tell: ({ outcomes }) => withReward(body, isPaid, paidRewards(outcomes.flat())[0]),
    };
  },
};

/** The body as it came, so that no number of it is rounded, and the reward. */
function withReward({ text, value }: ReceivedBody, isPaid: boolean, reward: number): string {
  if (isPaid) return JSON.stringify({ ...z.looseObject({}).parse(value), reward });
  return `${text.slice(0, text.lastIndexOf('}'))},"reward":${JSON.stringify(reward)}}`;
}
