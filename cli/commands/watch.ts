import type { Command } from 'commander';
import { addRemoteOptions, remotePlace, type RemoteFlags } from '../trust/remote-flags.js';
import { perform, type Session } from './session.js';
import { wholeNumber } from './whole-number.js';

interface WatchFlags extends RemoteFlags {
  readonly after: number;
}

/** `majlis watch RUN`. */
export function addWatchCommand(program: Command, session: Session): void {
  const command = program
    .command('watch')
    .description('print what happens to a run, a line per event, until it has ended; reconnects by itself')
    .argument('<run>', 'its id, or as much of it as no other run has')
    .option(
      '--after <sequence>',
      'leave out events up to this one',
      wholeNumber('--after', 0, Number.MAX_SAFE_INTEGER),
      0,
    );
  addRemoteOptions(command).action((run: string, flags: WatchFlags, self: Command) =>
    perform(session, self, async ({ workspace, json }) =>
      (await import('./watch/watch-run.js')).watchRun(
        { workspace, ...remotePlace(flags), run, after: flags.after, asJson: json === true },
        session,
      ),
    ),
  );
}
