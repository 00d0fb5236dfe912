import { types } from 'node:util';
import { destination, pino, stdTimeFunctions } from 'pino';
import type { DestinationStream, Logger as Pino } from 'pino';
import { BadInputError, MajlisError } from '../errors.js';
import type { LogFields, Logger } from './logger.js';
import type { TraceIds } from './tracing/tracer.js';

/** The least severe level that is written. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export interface PinoLoggerOptions {
  readonly level: LogLevel;
  /** Where lines go; the process's stderr by default, since stdout belongs to results. */
  readonly stream?: DestinationStream;
  /** The span that the code runs within; its ids stand on the line. */
  readonly span?: () => TraceIds | undefined;
}

const STDERR = 2;

/** Writes one JSON object per line: level, ISO time, message, fields. */
export function createPinoLogger(options: PinoLoggerOptions): Logger {
  const settings = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: () => spanFields(options.span?.()),
    serializers: { error: (thrown: unknown) => describeError(thrown) },
  };
  // Synchronous, so that the last lines before a crash are there to be read.
  return new PinoLogger(pino(settings, options.stream ?? destination({ fd: STDERR, sync: true })));
}

/** By OpenTelemetry's names for log records of other formats. */
function spanFields(span: TraceIds | undefined): LogFields {
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
}

class PinoLogger implements Logger {
  constructor(private readonly pino: Pino) {}

  debug(message: string, fields: LogFields = {}): void {
    this.pino.debug(fields, message);
  }

  info(message: string, fields: LogFields = {}): void {
    this.pino.info(fields, message);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.pino.warn(fields, message);
  }

  error(message: string, fields: LogFields = {}): void {
    this.pino.error(fields, message);
  }

  with(fields: LogFields): Logger {
    return new PinoLogger(this.pino.child(fields));
  }
}

const DEEPEST_CAUSE = 5;

/** Causes may form a ring, so only the first few are followed. */
function describeError(thrown: unknown, depth = 0): LogFields {
  if (!types.isNativeError(thrown)) return { message: String(thrown) };
  const code = thrown instanceof MajlisError ? { code: thrown.code } : {};
  // What a bad input was refused by quotes it whole, whatever it is.
  const isQuoting = thrown instanceof BadInputError;
  const followed = thrown.cause !== undefined && depth < DEEPEST_CAUSE && !isQuoting;
  const cause = followed ? { cause: describeError(thrown.cause, depth + 1) } : {};
  return { ...code, message: thrown.message, stack: thrown.stack, ...cause };
}
