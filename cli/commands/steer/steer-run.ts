import type { ControlOutcome, RollbackRequest } from '../../../coordinator/control/run-control.js';
import type { RunControlClient } from '../../control/run-control-client.js';
import { withControlOf, type ControlPlace } from '../../control/with-control.js';
import type { CommandResult } from '../session.js';
import { outcomeJson, outcomeText } from './describe-outcome.js';

/** What a person asks of a run. */
export type Steering =
  | { readonly kind: 'pause' | 'cancel'; readonly reason?: string }
  | { readonly kind: 'resume' }
  | { readonly kind: 'roll_back'; readonly to: RollbackRequest };

/** Asks it of the run, wherever that is, and says what becomes of it. */
export async function steerRun(
  place: ControlPlace & { readonly run: string },
  steering: Steering,
): Promise<CommandResult> {
  const outcome = await withControlOf(place, (control, run) => ask(control, run, steering));
  return { json: outcomeJson(outcome), text: outcomeText(outcome) };
}

function ask(control: RunControlClient, run: string, steering: Steering): Promise<ControlOutcome> {
  switch (steering.kind) {
    case 'pause':
      return control.pauseRun(run, steering.reason);
    case 'resume':
      return control.resumeRun(run);
    case 'cancel':
      return control.cancelRun(run, steering.reason);
    case 'roll_back':
      return control.rollBackRun(run, steering.to);
  }
}
