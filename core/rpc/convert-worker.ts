import { z } from 'zod';
import { WorkerState as WireWorkerState } from '../../proto/gen/majlis/v1/coordinator.js';
import type * as wire from '../../proto/gen/majlis/v1/coordinator.js';
import type {
  FleetStatus,
  HeldTask,
  WorkerHeartbeat,
  WorkerHello,
  WorkerState,
  WorkerStatus,
} from '../domain/worker.js';
import { timestampMessage } from './convert-run.js';
import { count, enumeration, finite, flag, identifier, message, positiveCount } from './message-fields.js';
import { SUPPORTED_PROTOCOL } from './negotiate-protocol.js';
import { parseMessage } from './parse-message.js';

const STATE_TO_WIRE: Readonly<Record<WorkerState, WireWorkerState>> = {
  INITIALIZED: WireWorkerState.INITIALIZED,
  RUNNING: WireWorkerState.RUNNING,
  DRAINING: WireWorkerState.DRAINING,
  DRAINED: WireWorkerState.DRAINED,
  FAILED: WireWorkerState.FAILED,
};

const stateMessage = enumeration(STATE_TO_WIRE);
const heldMessage = z.array(message({ taskId: identifier, heldMs: count }));
const policyHash = identifier.exactOptional();

/** Its protocol range is answered by `answerHello`. */
const helloMessage = message({
  worker: identifier,
  pool: identifier,
  engineFingerprint: identifier,
  deterministic: flag,
  contextLength: positiveCount.exactOptional(),
  slots: positiveCount,
  tokenizerHash: identifier.exactOptional(),
  policyHash,
  sealDigest: identifier.exactOptional(),
});

const tokensPerSecond = finite.exactOptional();
const heartbeatMessage = message({ state: stateMessage, held: heldMessage, policyHash, tokensPerSecond });

const statusMessage = message({
  worker: identifier,
  pool: identifier,
  state: stateMessage,
  slots: positiveCount,
  held: heldMessage,
  policyHash,
  tokensPerSecond,
  ready: flag,
  attachedAt: timestampMessage,
  removalRank: count,
  removalCost: count,
  heldBack: z.string().exactOptional(),
  refusedResults: count,
  engineFingerprint: identifier,
}).transform(({ ready, attachedAt, ...status }): WorkerStatus => ({
  ...status,
  isReady: ready,
  attachedAtMs: attachedAt,
}));

const fleetMessage = message({
  workers: z.array(statusMessage),
  refused: z.record(z.string(), count),
}).transform((fleet): FleetStatus => fleet);

/** A message that is no such hello is a BadInputError that names the field. */
export function workerHelloFromMessage(hello: wire.WorkerHello): WorkerHello {
  return parseMessage(helloMessage, hello, 'message majlis.v1.WorkerHello');
}

/** Domain to wire. */
export function workerHelloToMessage(hello: WorkerHello, software: string): wire.WorkerHello {
  const { contextLength, tokenizerHash, policyHash: policy, sealDigest, ...rest } = hello;
  const own = { contextLength, tokenizerHash, policyHash: policy, sealDigest };
  return { ...rest, ...own, hello: { protocol: SUPPORTED_PROTOCOL, software } };
}

/** A message that is no such heartbeat is a BadInputError that names the field. */
export function heartbeatFromMessage(beat: wire.WorkerHeartbeat): WorkerHeartbeat {
  return parseMessage(heartbeatMessage, beat, 'message majlis.v1.WorkerHeartbeat');
}

/** Domain to wire. */
export function heartbeatToMessage({
  state,
  held,
  policyHash: policy,
  tokensPerSecond: pace,
}: WorkerHeartbeat): wire.WorkerHeartbeat {
  return {
    taskIds: held.map(({ taskId }) => taskId),
    policyHash: policy,
    tokensPerSecond: pace,
    state: STATE_TO_WIRE[state],
    held: held.map(heldToMessage),
  };
}

/** Wire to domain; a message that is no such answer is a BadInputError. */
export function fleetFromMessage(response: wire.ListWorkersResponse): FleetStatus {
  return parseMessage(fleetMessage, response, 'message majlis.v1.ListWorkersResponse');
}

/** Domain to wire. */
export function fleetToMessage({ workers, refused }: FleetStatus): wire.ListWorkersResponse {
  return { workers: workers.map(statusToMessage), refused: { ...refused } };
}

function statusToMessage(status: WorkerStatus): wire.WorkerStatus {
  const { state, held, isReady, attachedAtMs, policyHash: policy, heldBack, ...others } = status;
  const { tokensPerSecond: pace, ...rest } = others;
  return {
    ...rest,
    ...{ policyHash: policy, heldBack, ready: isReady, tokensPerSecond: pace },
    state: STATE_TO_WIRE[state],
    held: held.map(heldToMessage),
    attachedAt: new Date(attachedAtMs),
  };
}

function heldToMessage({ taskId, heldMs }: HeldTask): wire.HeldTask {
  return { taskId, heldMs: Math.max(0, Math.round(heldMs)) };
}
