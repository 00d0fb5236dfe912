import type { Command } from 'commander';
import { addRemoteOptions, remotePlace, type RemoteFlags } from '../trust/remote-flags.js';
import { perform, type Session } from './session.js';

/** `majlis runs [list]`, `majlis runs show RUN` and `majlis runs diff A B`. */
export function addRunsCommand(program: Command, session: Session): void {
  const runs = program.command('runs').description('the runs of the workspace');
  const { clock, terminal } = session;
  const say = (sentence: string): void => terminal.say(sentence);
  addRemoteOptions(
    runs
      .command('list', { isDefault: true })
      .description('list them with state, seed, iterations and last figures'),
  ).action((flags: RemoteFlags, command: Command) =>
    perform(session, command, async ({ workspace }) =>
      (await import('./runs/list-runs.js')).listRuns({ workspace, ...remotePlace(flags), clock, say }),
    ),
  );
  addRemoteOptions(
    runs
      .command('show')
      .description('show one run and its iterations')
      .argument('<run>', 'its id, or as much of it as no other run has'),
  ).action((run: string, flags: RemoteFlags, command: Command) =>
    perform(session, command, async ({ workspace }) =>
      (await import('./runs/show-run.js')).showRun({ workspace, ...remotePlace(flags), run, clock, say }),
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
