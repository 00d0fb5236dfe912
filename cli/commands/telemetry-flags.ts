import type { Command } from 'commander';
import type { Environment } from '../../core/config/environment.js';
import type { TelemetryChoice } from '../telemetry/process-telemetry.js';
import { httpUrl } from './http-url.js';
import { wholeNumber } from './whole-number.js';

/** Flags of what a process tells of itself, as commander parses them. */
export interface TelemetryFlags {
  readonly metricsPort?: number;
  readonly metricsHost?: string;
  readonly trace?: string;
}

const MOST_PORT = 65_535;

/** Adds where a process offers its counts and sends its spans. */
export function addTelemetryOptions(command: Command): Command {
  return addMetricsOptions(addTraceOption(command));
}

/** Adds where a process offers its counts. */
export function addMetricsOptions(command: Command): Command {
  return command
    .option(
      '--metrics-port <number>',
      'offer /metrics to Prometheus on this port; 0 takes a free one',
      wholeNumber('--metrics-port', 0, MOST_PORT),
    )
    .option(
      '--metrics-host <address>',
      'the address of that port; it asks nobody who they are (default: 127.0.0.1)',
    );
}

/** Adds where a process sends its spans. */
export function addTraceOption(command: Command): Command {
  return command.option(
    '--trace <url>',
    'a receiver of OpenTelemetry traces over HTTP, such as http://127.0.0.1:4318 (default: the variable OTEL_EXPORTER_OTLP_ENDPOINT)',
    httpUrl('--trace'),
  );
}

/** The flags with what the environment says; what is no URL there is a BadInputError, too. */
export function telemetryChoice(
  { metricsPort, metricsHost, trace }: TelemetryFlags,
  environment: Pick<Environment, 'traceUrl'>,
): TelemetryChoice {
  const { traceUrl: named } = environment;
  const traceUrl = trace ?? (named === undefined ? undefined : httpUrl('OTEL_EXPORTER_OTLP_ENDPOINT')(named));
  return {
    ...(metricsPort === undefined ? {} : { metricsPort }),
    ...(metricsHost === undefined ? {} : { metricsHost }),
    ...(traceUrl === undefined ? {} : { traceUrl }),
  };
}
