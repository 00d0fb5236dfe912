import { z } from 'zod';
import { RunState as WireRunState } from '../../proto/gen/majlis/v1/coordinator.js';
import type * as wire from '../../proto/gen/majlis/v1/coordinator.js';
import type { Run } from '../domain/run.js';
import type { RunState } from '../domain/run-state.js';
import type { IterationRecord, RecordedPolicyVersion } from '../ledger/ledger.js';
import { computed, count, enumeration, identifier, message, text } from './message-fields.js';
import { parseMessage } from './parse-message.js';

const STATE_TO_WIRE: Readonly<Record<RunState, WireRunState>> = {
  queued: WireRunState.QUEUED,
  running: WireRunState.RUNNING,
  pausing: WireRunState.PAUSING,
  paused: WireRunState.PAUSED,
  completed: WireRunState.COMPLETED,
  failed: WireRunState.FAILED,
  cancelled: WireRunState.CANCELLED,
};

/** Schema of an enum majlis.v1.RunState. */
export const runStateMessage = enumeration(STATE_TO_WIRE);

/** Schema of a google.protobuf.Timestamp, as milliseconds since the Unix epoch. */
export const timestampMessage = z.date({ error: 'a timestamp' }).transform((date) => date.getTime());

/** Schema of figures by name. NaN is one: a metric that became one is told as such. */
export const metricsMessage = z.record(z.string(), computed);

/** Schema of majlis.v1.Run. */
export const runMessage = message({
  id: identifier,
  name: text,
  state: runStateMessage,
  seed: count,
  configHash: identifier,
  config: text,
  fingerprints: z.record(z.string(), z.string()),
  epoch: count,
  createdAt: timestampMessage,
  reason: z.string().exactOptional(),
}).transform(({ createdAt, ...run }): Run => ({ ...run, createdAtMs: createdAt }));

/** Schema of majlis.v1.Iteration. */
export const iterationMessage = message({
  iteration: count,
  policyVersion: count,
  rubricHash: identifier,
  rewardModelHash: identifier,
  inputsHash: identifier,
  controlSequence: count,
  metrics: metricsMessage,
});

/** Schema of majlis.v1.RecordedPolicyVersion. */
export const policyVersionMessage = message({
  policy: message({ version: count, hash: identifier, location: identifier }),
  rubricHash: identifier,
}).transform(({ policy, rubricHash }): RecordedPolicyVersion => ({ ...policy, rubricHash }));

/** Domain to wire. */
export function runStateToMessage(state: RunState): WireRunState {
  return STATE_TO_WIRE[state];
}

/** Domain to wire. */
export function runToMessage({ createdAtMs, reason, ...run }: Run): wire.Run {
  return { ...run, state: STATE_TO_WIRE[run.state], createdAt: new Date(createdAtMs), reason };
}

/** Wire to domain; a message that lacks anything is a BadInputError. */
export function runFromMessage(run: wire.Run | undefined): Run {
  return parseMessage(runMessage, run, 'message majlis.v1.Run');
}

/** Domain to wire. */
export function iterationToMessage(record: IterationRecord): wire.Iteration {
  return { ...record };
}

/** Domain to wire. */
export function policyVersionToMessage({
  rubricHash,
  ...policy
}: RecordedPolicyVersion): wire.RecordedPolicyVersion {
  return { policy, rubricHash };
}
