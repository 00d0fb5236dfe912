import { packageVersion } from '../../core/runtime/package-version.js';
import type { Logger } from '../../core/telemetry/logger.js';
import { ProcessRegistry } from '../../core/telemetry/metrics/process-registry.js';
import { createPinoLogger, type LogLevel } from '../../core/telemetry/pino-logger.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import type { Tracing } from '../../core/telemetry/tracing/otlp-tracing.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';

/** What a process tells of itself while it works: lines, counts and spans. None of them holds what a prompt or an answer says. */
export interface ProcessTelemetry {
  readonly logger: Logger;
  readonly metrics: ProcessRegistry;
  readonly tracer: Tracer;
}

/** The same, until `close` has sent the spans that are left. */
export interface OpenTelemetry extends ProcessTelemetry {
  close(): Promise<void>;
}

/** What a person asks of it. */
export interface TelemetryChoice {
  /** Offers counts to scrapes there; nothing is offered without one, and 0 takes a free one. */
  readonly metricsPort?: number;
  /** Loopback unless told. */
  readonly metricsHost?: string;
  /** A receiver of OTLP over HTTP, such as http://localhost:4318; nothing is traced without one. */
  readonly traceUrl?: string;
}

export interface TelemetryOptions {
  /** What the process is to those who read its traces. */
  readonly service:
    'majlis-coordinator' | 'majlis-worker' | 'majlis-trainer' | 'majlis-reward' | 'majlis-gateway';
  /** A receiver of OTLP over HTTP, such as http://localhost:4318; nothing is traced without one. */
  readonly traceUrl?: string | undefined;
  /** `warn` unless told. */
  readonly level?: LogLevel;
}

/** Opens a process's telemetry; `close` sends the spans that are left. */
export async function openTelemetry({
  service,
  traceUrl,
  level = 'warn',
}: TelemetryOptions): Promise<OpenTelemetry> {
  let tracing: Tracing | undefined;
  const logger = createPinoLogger({ level, span: () => tracing?.tracer.current() });
  if (traceUrl !== undefined) {
    // Loaded where it is used: the exporter is large.
    const { openOtlpTracing } = await import('../../core/telemetry/tracing/otlp-tracing.js');
    tracing = openOtlpTracing({
      url: traceUrl,
      service,
      version: packageVersion(),
      onFailure: (error) => logger.warn(error.message, { error }),
    });
  }
  return {
    logger,
    metrics: new ProcessRegistry(),
    tracer: tracing?.tracer ?? NO_TRACING,
    close: async () => tracing?.close(),
  };
}
