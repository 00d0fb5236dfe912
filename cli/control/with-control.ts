import type { Clock } from '../../core/runtime/clock.js';
import { connectControl } from './connect-control.js';
import { resolveRun } from './resolve-run.js';
import type { RunControlClient } from './run-control-client.js';

/** Where a command works. */
export interface ControlPlace {
  readonly workspace: string;
  readonly clock: Clock;
}

/** Lends the workspace's run control for some work and closes it. */
export async function withControl<Value>(
  { workspace, clock }: ControlPlace,
  work: (control: RunControlClient) => Promise<Value>,
): Promise<Value> {
  const control = await connectControl(workspace, clock);
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
