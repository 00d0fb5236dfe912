import type { Command } from 'commander';
import { perform, type Session } from './session.js';

interface NatsConfigFlags {
  readonly release: string;
  readonly pools: readonly string[];
  readonly keys: string;
}

/** `majlis nats config`. */
export function addNatsCommand(program: Command, session: Session): void {
  const nats = program.command('nats').description('the NATS servers of a fleet');
  nats
    .command('config')
    .description("print a NATS server's account for a release, with a user for the coordinator and each pool")
    .option('--release <name>', 'which Majlis it is, among those that share the servers', 'majlis')
    .option('--pools <names>', 'its pools of rollout workers, with commas between', splitNames, ['default'])
    .requiredOption(
      '--keys <folder>',
      "where each user's secret key is kept; one that is there already stays",
    )
    .action((flags: NatsConfigFlags, command: Command) =>
      perform(session, command, async () => (await import('./nats/make-accounts.js')).makeAccounts(flags)),
    );
}

function splitNames(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}
