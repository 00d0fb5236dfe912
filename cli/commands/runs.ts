import type { Command } from 'commander';
import { perform, type Session } from './session.js';

/** `majlis runs [list]` and `majlis runs show RUN`. */
export function addRunsCommand(program: Command, session: Session): void {
  const runs = program.command('runs').description('the runs of the workspace');
  runs
    .command('list', { isDefault: true })
    .description('list them with state, seed, iterations and last figures')
    .action((_options: object, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./runs/list-runs.js')).listRuns({ workspace, clock: session.clock }),
      ),
    );
  runs
    .command('show')
    .description('show one run and its iterations')
    .argument('<run>', 'its id, or as much of it as no other run has')
    .action((run: string, _options: object, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./runs/show-run.js')).showRun({ workspace, run, clock: session.clock }),
      ),
    );
}
