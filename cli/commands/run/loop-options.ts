import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import type { Environment } from '../../../core/config/environment.js';
import { BadInputError } from '../../../core/errors.js';
import type { MetricsChoice } from '../../pipeline/run-metrics.js';
import type { RunPlaces } from '../../pipeline/run-ports.js';
import { METRICS_KINDS, type MetricsKind } from '../../../core/telemetry/metrics/metrics-kinds.js';
import { addTelemetryOptions, telemetryChoice, type TelemetryFlags } from '../telemetry-flags.js';
import { wholeNumber } from '../whole-number.js';

/** Flags of every command that runs loops, as commander parses them. */
export interface ComputeOptions extends TelemetryFlags {
  readonly workers: number;
  readonly metrics?: readonly MetricsKind[];
}

/** Flags of the commands that run the loop, as commander parses them. */
export interface LoopOptions extends ComputeOptions {
  readonly seed?: number;
  readonly judge?: string;
  readonly judgeModel?: string;
  readonly judgeKeyFile?: string;
  readonly trainer?: string;
  readonly engine?: readonly string[];
}

const MOST_WORKERS = 64;

/** Adds the flag of all commands that compute: workers default to one per core that this process may use, at most eight. */
export function addWorkersOption(command: Command): Command {
  return command.option(
    '--workers <number>',
    'threads that sample answers; they change the speed, never the result',
    wholeNumber('--workers', 1, MOST_WORKERS),
    Math.min(availableParallelism(), 8),
  );
}

/** Adds the flags of the commands that draw something themselves. */
export function addComputeOptions(command: Command): Command {
  return addWorkersOption(
    command.option(
      '--seed <number>',
      "seed of everything random (default: the run file's)",
      wholeNumber('--seed', 0, Number.MAX_SAFE_INTEGER),
    ),
  );
}

/** Adds the flags of the commands that run the loop. */
export function addLoopOptions(command: Command): Command {
  return addPlaceOptions(addMetricsOptions(addComputeOptions(command)));
}

/** Adds the flags of who judges, trains and generates elsewhere. */
export function addPlaceOptions(command: Command): Command {
  return command
    .option(
      '--judge <url>',
      'an OpenAI-compatible endpoint that judges beside the rules, such as http://localhost:8000/v1',
    )
    .option('--judge-model <name>', 'the model to ask there')
    .option('--judge-key-file <file>', 'file that holds its API key (default: the variable OPENAI_API_KEY)')
    .option('--trainer <host:port>', 'where the trainer of the run file listens, over what that says')
    .option(
      '--engine <urls>',
      'where the engines of the run file listen, with commas between, over what that says',
      (text: string) => text.split(','),
    );
}

/** Where the run's trainer and engines are, as the pipeline takes it. */
export function placesOf({ trainer, engine }: LoopOptions): { readonly places?: RunPlaces } {
  if (trainer === undefined && engine === undefined) return {};
  return {
    places: {
      ...(trainer === undefined ? {} : { trainer }),
      ...(engine === undefined ? {} : { engines: engine }),
    },
  };
}

/** Adds the flags of where figures go. */
export function addMetricsOptions(command: Command): Command {
  return addTelemetryOptions(command).option(
    '--metrics <kinds>',
    `where figures go besides the ledger: ${METRICS_KINDS.join(', ')} (default: jsonl,tensorboard)`,
    metricsKinds,
  );
}

/** The flags on metrics as the pipeline takes them. */
export function metricsChoice(
  { metrics, ...flags }: ComputeOptions,
  environment: Pick<Environment, 'traceUrl'>,
): MetricsChoice {
  return { ...telemetryChoice(flags, environment), ...(metrics === undefined ? {} : { metrics }) };
}

function metricsKinds(text: string): MetricsKind[] {
  return text.split(',').map((name) => {
    const kind = METRICS_KINDS.find((known) => known === name.trim());
    if (kind !== undefined) return kind;
    const allowed = `${METRICS_KINDS.join(', ')}, with commas between`;
    throw new BadInputError({ source: '--metrics', found: JSON.stringify(name), allowed });
  });
}
