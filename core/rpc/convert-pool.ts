import { z } from 'zod';
import type * as wire from '../../proto/gen/majlis/v1/coordinator.js';
import type { PoolStatus } from '../domain/pool-status.js';
import { count, identifier, message } from './message-fields.js';
import { parseMessage } from './parse-message.js';

const queuesMessage = message({
  tasksPending: count,
  tasksLeased: count,
  resultsPending: count,
  deadLetters: count,
});

const poolsMessage = message({
  pools: z.array(
    message({
      pool: identifier,
      demand: count,
      outstanding: count,
      queues: queuesMessage.exactOptional(),
    }),
  ),
}).transform(({ pools }): readonly PoolStatus[] => pools);

/** Wire to domain; a message that lacks a number is a BadInputError. */
export function poolsFromMessage(response: wire.ListPoolsResponse): readonly PoolStatus[] {
  return parseMessage(poolsMessage, response, 'message majlis.v1.ListPoolsResponse');
}

/** Domain to wire. */
export function poolsToMessage(pools: readonly PoolStatus[]): wire.ListPoolsResponse {
  return { pools: pools.map(({ queues, ...pool }) => ({ ...pool, queues })) };
}
