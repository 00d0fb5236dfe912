/**
 * What NeMo-Gym's agents ask of a resources server beside rewards (nemo_gym/base_resources_server.py at 07d6b0d0): a session before
 * a rollout, and figures after all of them. The reward keeps no session, and its answers depend on nothing but the request.
 */
import type { FastifyInstance, RouteShorthandOptions } from 'fastify';
import { z } from 'zod';
import { parseInput } from '../../core/config/parse-input.js';
import { receiveBody, withinNesting } from './received-body.js';

const AGGREGATE = '/aggregate_metrics';

const rollouts = z.object({ verify_responses: z.array(z.looseObject({ reward: z.number() })) });

/** Adds them to a server whose bodies come as bytes. */
export function addNemoGymSession(server: FastifyInstance, options: RouteShorthandOptions): void {
  server.post('/seed_session', options, async (_request, reply) => reply.type('application/json').send('{}'));
  server.get('/reverify_mode', options, async (_request, reply) =>
    reply.type('application/json').send('"stateless"'),
  );
  server.post(AGGREGATE, options, async ({ body }, reply) => {
    const received = receiveBody(body, `POST ${AGGREGATE}`);
    const { verify_responses } = withinNesting(received.source, () =>
      parseInput(rollouts, received.value, received),
    );
    const metrics = meanReward(verify_responses.map(({ reward }) => reward));
    const figures = { group_level_metrics: [], agent_metrics: metrics, key_metrics: metrics };
    return reply.type('application/json').send(JSON.stringify(figures));
  });
}

/** No rollouts have no mean. */
function meanReward(rewards: readonly number[]): Readonly<Record<string, number>> {
  if (rewards.length === 0) return {};
  return { 'mean/reward': rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length };
}
