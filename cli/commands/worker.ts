import type { Command } from 'commander';
import { addBusOptions } from '../fleet/bus-flags.js';
import { addHealthOptions } from '../trust/health-flags.js';
import { addClientTrustOptions } from '../trust/client-trust-flags.js';
import { perform, type Session } from './session.js';
import { addTelemetryOptions } from './telemetry-flags.js';
import { wholeNumber } from './whole-number.js';
import type { RolloutFlags } from './worker/serve-rollouts.js';

const MOST_SLOTS = 4096;
const MOST_SECONDS = 86_400;

/** `majlis worker`. */
export function addWorkerCommand(program: Command, session: Session): void {
  const command = program
    .command('worker')
    .description('workers in processes of their own')
    .command('rollout')
    .description("sample answers for a pool's runs, one run after the other, until it is stopped")
    .option('--coordinator <host:port>', 'where the coordinator listens (default: that of the workspace)')
    .option('--engine <url>', 'an engine to sample from, over HTTP; without it this process samples itself')
    .option(
      '--tokenizer <directory>',
      "a model's directory whose tokenizer is used, where policies have none",
    )
    .option('--slots <number>', 'tasks in work at a time', wholeNumber('--slots', 1, MOST_SLOTS), 1)
    .option(
      '--drain-timeout <seconds>',
      'how long it may finish what it holds once it is stopped; the rest goes to other workers',
      seconds,
      30,
    )
    .option('--short-notice', 'hand everything back at once when it is stopped')
    .option('--name <name>', 'told from others by it (default: host and process)')
    .option('--policies <folder>', 'keeps fetched policies, for this worker alone (default: a temporary one)')
    .option('--artifacts <url>', 'where artifacts are served (default: as the coordinator says)');
  addHealthOptions(command);
  addTelemetryOptions(addClientTrustOptions(addBusOptions(command))).action(
    (flags: RolloutFlags, self: Command) =>
      perform(session, self, async ({ workspace }) =>
        (await import('./worker/serve-rollouts.js')).serveRollouts({ ...flags, workspace }, session),
      ),
  );
}

/** A whole number of seconds, with or without an s. */
function seconds(text: string): number {
  return wholeNumber('--drain-timeout', 0, MOST_SECONDS)(text.replace(/s$/, ''));
}
