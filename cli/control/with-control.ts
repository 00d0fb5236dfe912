import type { Clock } from '../../core/runtime/clock.js';
import type { RemotePlace } from '../trust/remote-flags.js';
import { connectControl } from './connect-control.js';
import { connectRemote } from './connect-remote.js';
import { resolveRun } from './resolve-run.js';
import type { RunControlClient } from './run-control-client.js';

/** Where a command works. */
export interface ControlPlace {
  readonly workspace: string;
  readonly clock: Clock;
  /** A coordinator on another machine, in place of the workspace. */
  readonly remote?: RemotePlace;
  /** Takes a sentence for the person at the terminal. */
  readonly say?: (sentence: string) => void;
}

/** Run control of that place; the caller closes it. */
export function connectPlace({
  workspace,
  clock,
  remote,
  say = () => undefined,
}: ControlPlace): Promise<RunControlClient> {
  return remote === undefined ? connectControl(workspace, clock) : connectRemote(remote, { clock, say });
}

/** Lends the place's run control for some work and closes it. */
export async function withControl<Value>(
  place: ControlPlace,
  work: (control: RunControlClient) => Promise<Value>,
): Promise<Value> {
  const control = await connectPlace(place);
  try {
    return await work(control);
  } finally {
    await control.close();
  }
}

/** The same, together with the whole id of a run that may have been cut short. */
export async function withControlOf<Value>(
  place: ControlPlace & { readonly run: string },
  work: (control: RunControlClient, run: string) => Promise<Value>,
): Promise<Value> {
  return withControl(place, async (control) => work(control, await resolveRun(control, place.run)));
}
