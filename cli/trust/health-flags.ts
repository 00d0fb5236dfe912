import type { Command } from 'commander';
import type { HealthChecks, HealthServer } from '../../core/rpc/serve-health.js';
import { wholeNumber } from '../commands/whole-number.js';

/** Flags of processes that tell whether they live and are ready, as commander parses them. */
export interface HealthFlags {
  readonly healthPort?: number;
  readonly healthHost: string;
}

const MOST_PORT = 65_535;

/** Adds where a process tells whether it lives and is ready. */
export function addHealthOptions(command: Command): Command {
  return command
    .option(
      '--health-port <number>',
      'tell whether it lives and is ready, in plaintext, on this port',
      wholeNumber('--health-port', 0, MOST_PORT),
    )
    .option('--health-host <address>', 'the address of that port', '127.0.0.1');
}

/** Serves health where the flags say; undefined where they say nothing. */
export async function openHealth(
  { healthPort: port, healthHost: host }: HealthFlags,
  checks: HealthChecks,
  say: (sentence: string) => void,
): Promise<HealthServer | undefined> {
  if (port === undefined) return undefined;
  // Loaded where it is used: each command has these flags at hand, and gRPC is large.
  const { serveHealth } = await import('../../core/rpc/serve-health.js');
  const health = await serveHealth({ checks, port, host });
  say(`majlis: health at ${health.address}`);
  return health;
}
