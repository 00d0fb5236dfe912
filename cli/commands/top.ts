import type { Command } from 'commander';
import { addRemoteOptions, remotePlace, type RemoteFlags } from '../trust/remote-flags.js';
import { perform, type Session } from './session.js';

interface TopFlags extends RemoteFlags {
  readonly once?: boolean;
}

/** `majlis top`. */
export function addTopCommand(program: Command, session: Session): void {
  const command = program
    .command('top')
    .description('runs, rollout workers and queues as they are now, anew each second until it is stopped')
    .option('--once', 'look once; so it does where there is no screen, and with --json');
  addRemoteOptions(command).action((flags: TopFlags, self: Command) =>
    perform(session, self, async ({ workspace, json }) =>
      (await import('./top/run-top.js')).runTop(
        { workspace, ...remotePlace(flags), once: flags.once === true || json === true },
        session,
      ),
    ),
  );
}
