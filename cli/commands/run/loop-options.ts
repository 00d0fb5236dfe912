import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { wholeNumber } from '../whole-number.js';

/** Flags of the commands that run the loop, as commander parses them. */
export interface LoopOptions {
  readonly seed?: number;
  readonly workers: number;
  readonly judge?: string;
  readonly judgeModel?: string;
  readonly judgeKeyFile?: string;
}

const MOST_WORKERS = 64;

/** Adds the flags of all commands that compute: workers default to one per core that this process may use, at most eight. */
export function addComputeOptions(command: Command): Command {
  return command
    .option(
      '--seed <number>',
      "seed of everything random (default: the run file's)",
      wholeNumber('--seed', 0, Number.MAX_SAFE_INTEGER),
    )
    .option(
      '--workers <number>',
      'threads that sample answers; they change the speed, never the result',
      wholeNumber('--workers', 1, MOST_WORKERS),
      Math.min(availableParallelism(), 8),
    );
}

/** Adds the flags of the commands that run the loop. */
export function addLoopOptions(command: Command): Command {
  return addComputeOptions(command)
    .option(
      '--judge <url>',
      'an OpenAI-compatible endpoint that judges beside the rules, such as http://localhost:8000/v1',
    )
    .option('--judge-model <name>', 'the model to ask there')
    .option('--judge-key-file <file>', 'file that holds its API key (default: the variable OPENAI_API_KEY)');
}
