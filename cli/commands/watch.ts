import type { Command } from 'commander';
import { perform, type Session } from './session.js';
import { wholeNumber } from './whole-number.js';

/** `majlis watch RUN`. */
export function addWatchCommand(program: Command, session: Session): void {
  program
    .command('watch')
    .description('print what happens to a run, a line per event, until it has ended; reconnects by itself')
    .argument('<run>', 'its id, or as much of it as no other run has')
    .option(
      '--after <sequence>',
      'leave out events up to this one',
      wholeNumber('--after', 0, Number.MAX_SAFE_INTEGER),
      0,
    )
    .action((run: string, { after }: { after: number }, command: Command) =>
      perform(session, command, async ({ workspace, json }) =>
        (await import('./watch/watch-run.js')).watchRun(
          { workspace, run, after, asJson: json === true },
          session,
        ),
      ),
    );
}
