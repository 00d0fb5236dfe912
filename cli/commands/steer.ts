import type { Command } from 'commander';
import type { Steering } from './steer/steer-run.js';
import { addRemoteOptions, remotePlace, type RemoteFlags } from '../trust/remote-flags.js';
import { perform, type Session } from './session.js';
import { wholeNumber } from './whole-number.js';

/** What a message of the wire can name. */
const MOST_VERSIONS = 2 ** 32 - 1;

/** `majlis pause | resume | cancel | rollback RUN`. */
export function addSteeringCommands(program: Command, session: Session): void {
  const say = (sentence: string): void => session.terminal.say(sentence);
  const steer = (run: string, command: Command, steering: Steering): Promise<void> =>
    perform(session, command, async ({ workspace }) =>
      (await import('./steer/steer-run.js')).steerRun(
        { workspace, ...remotePlace(command.opts<RemoteFlags>()), run, clock: session.clock, say },
        steering,
      ),
    );
  withRun(program.command('pause'))
    .description('pause a run after the iteration in progress')
    .option('--reason <text>', 'why, for whoever looks later')
    .action((run: string, { reason }: { reason?: string }, command: Command) =>
      steer(run, command, { kind: 'pause', ...(reason === undefined ? {} : { reason }) }),
    );
  withRun(program.command('resume'))
    .description('let a paused run go on')
    .action((run: string, _options: object, command: Command) => steer(run, command, { kind: 'resume' }));
  withRun(program.command('cancel'))
    .description('end a run after the iteration in progress, or at once where no process is at work on it')
    .option('--reason <text>', 'why, for whoever looks later')
    .action((run: string, { reason }: { reason?: string }, command: Command) =>
      steer(run, command, { kind: 'cancel', ...(reason === undefined ? {} : { reason }) }),
    );
  withRun(program.command('rollback'))
    .description('take the policy back to an earlier version; "rubric rollback" takes back the rubric')
    .requiredOption(
      '--policy <version>',
      'the policy version to go back to',
      wholeNumber('--policy', 0, MOST_VERSIONS),
    )
    .action((run: string, { policy }: { policy: number }, command: Command) =>
      steer(run, command, { kind: 'roll_back', to: { policyVersion: policy } }),
    );
}

function withRun(command: Command): Command {
  return addRemoteOptions(command).argument('<run>', 'its id, or as much of it as no other run has');
}
