import { z } from 'zod';
import type * as wire from '../../proto/gen/majlis/v1/coordinator.js';
import {
  iterationMessage,
  iterationToMessage,
  policyVersionMessage,
  policyVersionToMessage,
  runMessage,
  runStateMessage,
  runStateToMessage,
  runToMessage,
} from '../../core/rpc/convert-run.js';
import { recordedControlMessage, recordedControlToMessage } from '../../core/rpc/convert-run-control.js';
import { runEventMessage, runEventToMessage } from '../../core/rpc/convert-run-event.js';
import { count, flag, message } from '../../core/rpc/message-fields.js';
import { parseMessage } from '../../core/rpc/parse-message.js';
import type { ControlOutcome, RunDescription, RunSummary, WatchItem } from '../control/run-control.js';

/** Replies of CoordinatorService. What a client reads back is checked like what a server is asked. */
const outcomeMessage = message({ run: runMessage, control: recordedControlMessage, atWork: flag });

const descriptionMessage = message({
  run: runMessage,
  iterations: z.array(iterationMessage),
  policyVersions: z.array(policyVersionMessage),
  controls: z.array(recordedControlMessage),
  preferences: count,
});

const summaryMessage = message({
  run: runMessage,
  progress: message({ iterations: count, last: iterationMessage.exactOptional() }).exactOptional(),
});

const watchMessage = message({
  message: z.discriminatedUnion(
    '$case',
    [
      z
        .object({ $case: z.literal('event'), value: runEventMessage })
        .transform(({ value }): WatchItem => ({ kind: 'event', event: value })),
      z
        .object({
          $case: z.literal('heartbeat'),
          value: message({ lastSequence: count, state: runStateMessage }),
        })
        .transform(({ value }): WatchItem => ({ kind: 'heartbeat', ...value })),
    ],
    { error: 'one of event, heartbeat' },
  ),
}).transform(({ message: item }) => item);

/** Domain to wire. */
export function outcomeToMessage({ run, control, atWork }: ControlOutcome): wire.ControlOutcome {
  return { run: runToMessage(run), control: recordedControlToMessage(control), atWork };
}

/** Wire to domain; a reply that lacks anything is a BadInputError. */
export function outcomeFromMessage(outcome: wire.ControlOutcome | undefined): ControlOutcome {
  return parseMessage(outcomeMessage, outcome, 'message majlis.v1.ControlOutcome');
}

/** Domain to wire. */
export function descriptionToMessage(description: RunDescription): wire.GetRunResponse {
  return {
    run: runToMessage(description.run),
    iterations: description.iterations.map(iterationToMessage),
    policyVersions: description.policyVersions.map(policyVersionToMessage),
    controls: description.controls.map(recordedControlToMessage),
    preferences: description.preferences,
  };
}

/** Wire to domain; a reply that lacks anything is a BadInputError. */
export function descriptionFromMessage(response: wire.GetRunResponse): RunDescription {
  return parseMessage(descriptionMessage, response, 'message majlis.v1.GetRunResponse');
}

/** Domain to wire. */
export function summaryToMessage({ run, progress }: RunSummary): wire.RunSummary {
  if (progress === undefined) return { run: runToMessage(run), progress: undefined };
  const { iterations, last } = progress;
  return {
    run: runToMessage(run),
    progress: { iterations, last: last === undefined ? undefined : iterationToMessage(last) },
  };
}

/** Wire to domain; a reply that lacks anything is a BadInputError. */
export function summaryFromMessage(summary: wire.RunSummary): RunSummary {
  return parseMessage(summaryMessage, summary, 'message majlis.v1.RunSummary');
}

/** Domain to wire. */
export function watchItemToMessage(item: WatchItem): wire.WatchRunResponse {
  if (item.kind === 'event') {
    return { message: { $case: 'event', value: runEventToMessage(item.event) } };
  }
  const { lastSequence, state } = item;
  return {
    message: { $case: 'heartbeat', value: { lastSequence, state: runStateToMessage(state) } },
  };
}

/** Wire to domain; an item that this build does not know is a BadInputError. */
export function watchItemFromMessage(response: wire.WatchRunResponse): WatchItem {
  return parseMessage(watchMessage, response, 'message majlis.v1.WatchRunResponse');
}
