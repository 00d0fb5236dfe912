import { z } from 'zod';
import type * as wire from '../../proto/gen/majlis/v1/coordinator.js';
import type { RunEvent, RunEventPayload } from '../domain/run.js';
import { recordedControlMessage, recordedControlToMessage } from './convert-run-control.js';
import { metricsMessage, runStateMessage, runStateToMessage, timestampMessage } from './convert-run.js';
import { count, finite, identifier, message, positiveCount, text } from './message-fields.js';
import { parseMessage } from './parse-message.js';

const differenceMessage = message({
  taskId: identifier,
  index: count,
  promptId: identifier,
  prompt: text,
  answer: text,
  active: finite,
  shadow: finite,
});

/** What happened to a run. An event without a payload, and one that this build does not know, are refused. */
const payloadMessage = z.discriminatedUnion(
  '$case',
  [
    z
      .object({
        $case: z.literal('stateChanged'),
        value: message({ state: runStateMessage, reason: z.string().exactOptional() }),
      })
      .transform(({ value }) => ({ kind: 'state_changed' as const, ...value })),
    z
      .object({ $case: z.literal('epochBegan'), value: message({ epoch: count }) })
      .transform(({ value }) => ({ kind: 'epoch_began' as const, ...value })),
    z
      .object({ $case: z.literal('controlRequested'), value: recordedControlMessage })
      .transform(({ value }) => ({ kind: 'control_requested' as const, control: value })),
    z
      .object({ $case: z.literal('controlTookEffect'), value: recordedControlMessage })
      .transform(({ value }) => ({ kind: 'control_took_effect' as const, control: value })),
    z
      .object({
        $case: z.literal('iterationFinished'),
        value: message({
          iteration: count,
          policyVersion: count,
          policyHash: identifier,
          rubricHash: identifier,
          metrics: metricsMessage,
        }),
      })
      .transform(({ value }) => ({ kind: 'iteration_finished' as const, ...value })),
    z
      .object({
        $case: z.literal('shadowScored'),
        value: message({
          iteration: count,
          rubricId: identifier,
          rubricHash: identifier,
          rewardModelHash: identifier,
          metrics: metricsMessage,
          differences: z.array(differenceMessage),
        }),
      })
      .transform(({ value }) => ({ kind: 'shadow_scored' as const, ...value })),
    z
      .object({ $case: z.literal('alarm'), value: message({ alarm: identifier, message: text }) })
      .transform(({ value }) => ({ kind: 'alarm' as const, ...value })),
  ],
  {
    error:
      'one of state_changed, epoch_began, control_requested, control_took_effect, iteration_finished, shadow_scored, alarm',
  },
);

/** Schema of majlis.v1.RunEvent. */
export const runEventMessage = message({
  run: identifier,
  sequence: positiveCount,
  at: timestampMessage,
  payload: payloadMessage,
}).transform(({ at, ...event }): RunEvent => ({ ...event, atMs: at }));

/** Domain to wire. */
export function runEventToMessage({ run, sequence, atMs, payload }: RunEvent): wire.RunEvent {
  return { run, sequence, at: new Date(atMs), payload: payloadToMessage(payload) };
}

/** Wire to domain; an event that lacks anything is a BadInputError. */
export function runEventFromMessage(event: wire.RunEvent | undefined): RunEvent {
  return parseMessage(runEventMessage, event, 'message majlis.v1.RunEvent');
}

function payloadToMessage(payload: RunEventPayload): wire.RunEvent['payload'] {
  switch (payload.kind) {
    case 'state_changed':
      return {
        $case: 'stateChanged',
        value: { state: runStateToMessage(payload.state), reason: payload.reason },
      };
    case 'epoch_began':
      return { $case: 'epochBegan', value: { epoch: payload.epoch } };
    case 'control_requested':
      return { $case: 'controlRequested', value: recordedControlToMessage(payload.control) };
    case 'control_took_effect':
      return { $case: 'controlTookEffect', value: recordedControlToMessage(payload.control) };
    case 'iteration_finished':
      return { $case: 'iterationFinished', value: iterationFinishedToMessage(payload) };
    case 'shadow_scored':
      return { $case: 'shadowScored', value: shadowScoredToMessage(payload) };
    case 'alarm':
      return { $case: 'alarm', value: { alarm: payload.alarm, message: payload.message } };
  }
}

function iterationFinishedToMessage(
  payload: Extract<RunEventPayload, { readonly kind: 'iteration_finished' }>,
): wire.IterationFinished {
  const { iteration, policyVersion, policyHash, rubricHash, metrics } = payload;
  return { iteration, policyVersion, policyHash, rubricHash, metrics };
}

function shadowScoredToMessage(
  payload: Extract<RunEventPayload, { readonly kind: 'shadow_scored' }>,
): wire.ShadowScored {
  const { iteration, rubricId, rubricHash, rewardModelHash, metrics, differences } = payload;
  return { iteration, rubricId, rubricHash, rewardModelHash, metrics, differences: [...differences] };
}
