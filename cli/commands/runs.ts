import type { Command } from 'commander';
import { perform, type Session } from './session.js';

/** `majlis runs [list]`, `majlis runs show RUN` and `majlis runs diff A B`. */
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
  runs
    .command('diff')
    .description('say what differs between two runs, and where they part')
    .argument('<a>', 'its id, or as much of it as no other run has')
    .argument('<b>', 'the other, likewise')
    .option('--exit-code', 'exit with status 1 where they differ')
    .action((before: string, after: string, { exitCode }: { exitCode?: boolean }, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./runs/diff-runs.js')).diffRuns({
          workspace,
          clock: session.clock,
          before,
          after,
          exitCode: exitCode === true,
        }),
      ),
    );
}
