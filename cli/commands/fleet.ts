import type { Command } from 'commander';
import { addRemoteOptions, remotePlace, type RemoteFlags } from '../trust/remote-flags.js';
import { perform, type Session } from './session.js';

/** `majlis fleet`. */
export function addFleetCommand(program: Command, session: Session): void {
  const { clock, terminal } = session;
  const say = (sentence: string): void => terminal.say(sentence);
  addRemoteOptions(
    program
      .command('fleet')
      .description('the rollout workers that are attached, those first whose removal costs least'),
  ).action((flags: RemoteFlags, command: Command) =>
    perform(session, command, async ({ workspace }) =>
      (await import('./fleet/list-workers.js')).listWorkers({ workspace, ...remotePlace(flags), clock, say }),
    ),
  );
}
