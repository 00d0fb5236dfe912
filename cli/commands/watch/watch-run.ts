import { hasEnded } from '../../../core/domain/run-state.js';
import type { RunState } from '../../../core/domain/run-state.js';
import { reconnectRemote } from '../../control/connect-remote.js';
import { followRun } from '../../control/follow-run.js';
import { reconnectControl } from '../../control/reconnect-control.js';
import { resolveRun } from '../../control/resolve-run.js';
import { connectPlace } from '../../control/with-control.js';
import { escapeControls } from '../../terminal/visible-controls.js';
import type { RemotePlace } from '../../trust/remote-flags.js';
import type { CommandResult, Session } from '../session.js';
import { eventJson } from './event-json.js';
import { EventLines } from './event-lines.js';

export interface WatchRequest {
  readonly workspace: string;
  /** A coordinator on another machine, in place of the workspace. */
  readonly remote?: RemotePlace;
  readonly run: string;
  /** The last sequence to leave out. */
  readonly after: number;
  /** One JSON object per line instead of lines for people. */
  readonly asJson: boolean;
}

type WatchSession = Pick<Session, 'terminal' | 'clock' | 'signal'>;

/** Prints the run's events as they come. The result tells which was the last, so that `--after` can go on from there. */
export async function watchRun(request: WatchRequest, session: WatchSession): Promise<CommandResult> {
  const { workspace, remote, after, asJson } = request;
  const { terminal, clock, signal } = session;
  const say = (sentence: string): void => terminal.say(sentence);
  const first = await connectPlace({ ...request, clock, say });
  const isLive = first.over === 'process';
  const run = await resolveRun(first, request.run).catch(async (thrown: unknown) => {
    await first.close();
    throw thrown;
  });
  const lines = new EventLines();
  const events = followRun({
    ...{ run, after, first, clock, signal },
    reconnect:
      remote === undefined
        ? reconnectControl(workspace, clock)
        : () => reconnectRemote(remote, { clock, say }),
    onInterruption: (sentence) => terminal.say(`majlis: ${sentence}`),
  });
  let lastSequence = after;
  let state: RunState | undefined;
  for await (const event of events) {
    terminal.print(asJson ? escapeControls(JSON.stringify(eventJson(event))) : lines.lineOf(event));
    lastSequence = event.sequence;
    if (event.payload.kind === 'state_changed') state = event.payload.state;
  }
  if (!isLive && (state === undefined || !hasEnded(state))) {
    terminal.say(`majlis: no process is at work on ${run}; what the ledger has of it ends here`);
  }
  return { json: { run, lastSequence, ...(state === undefined ? {} : { state }) }, text: '' };
}
