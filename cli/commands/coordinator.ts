import type { Command } from 'commander';
import { addMetricsOptions, addWorkersOption, type ComputeOptions } from './run/loop-options.js';
import type { FleetFlags } from '../fleet/open-fleet.js';
import { addServingOptions } from '../fleet/with-serving.js';
import { perform, type Session } from './session.js';

interface CoordinatorFlags extends ComputeOptions, FleetFlags {
  readonly untilIdle?: boolean;
}

/** `majlis coordinator`. */
export function addCoordinatorCommand(program: Command, session: Session): void {
  const command = program
    .command('coordinator')
    .description(
      'own the workspace: take queued and interrupted runs, one after the other, and serve run control',
    )
    .option('--until-idle', 'end once no run is left to do');
  addServingOptions(command);
  addMetricsOptions(addWorkersOption(command)).action((flags: CoordinatorFlags, self: Command) =>
    perform(session, self, async ({ workspace }) =>
      (await import('./coordinator/serve-workspace.js')).serveWorkspace({ ...flags, workspace }, session),
    ),
  );
}
