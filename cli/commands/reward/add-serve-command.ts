import type { Command } from 'commander';
import { parseListenAddress, type ListenAddress } from '../../../core/config/listen-address.js';
import { addHealthOptions } from '../../trust/health-flags.js';
import { addTrustFileOptions } from '../../trust/server-trust-flags.js';
import { perform, type Session } from '../session.js';
import { addTelemetryOptions } from '../telemetry-flags.js';
import { wholeNumber } from '../whole-number.js';
import type { ServeRewardsFlags } from './serve-rewards.js';

const MOST_THREADS = 64;

/** `majlis reward serve`. */
export function addServeCommand(reward: Command, session: Session): void {
  const command = reward
    .command('serve')
    .description('serve rewards to trainers over HTTP and gRPC, without a run, until it is stopped')
    .option(
      '--rubric <rubric>',
      'a rubric file, or the id of a shipped rubric: its rules, or what --model has learned by',
    )
    .option('--model <folder>', 'a reward model of "majlis reward train", or one of a run')
    .option(
      '--trainer <host:port>',
      'the running "majlis trainer torch" that computes a --model which such a trainer has trained',
    )
    .option('--alias <name>', 'what trainers call it (default: active)')
    .option(
      '--config <file>',
      'several rewards by alias, and limits, in a file that is followed: see docs/serving.md',
    )
    .option('--http <host:port>', 'listen there for HTTP (default: 127.0.0.1:8090)', addressOf('--http'))
    .option('--grpc <host:port>', 'listen there for gRPC (default: 127.0.0.1:8091)', addressOf('--grpc'))
    .option(
      '--threads <count>',
      'threads that compute networks; light models need none',
      wholeNumber('--threads', 1, MOST_THREADS),
      1,
    );
  addTelemetryOptions(addHealthOptions(addTrustFileOptions(command))).action(
    (flags: ServeRewardsFlags, self: Command) =>
      perform(session, self, async () => (await import('./serve-rewards.js')).serveRewards(flags, session)),
  );
}

function addressOf(flag: string): (text: string) => ListenAddress {
  return (text) => parseListenAddress(text, flag);
}
