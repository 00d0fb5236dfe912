/** What a log line carries beside its message. A field named `error` is written with its code, message and stack. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured logging. A message is a constant sentence; what varies goes into the fields. Never blocks, never throws. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger whose every line also carries these fields. */
  with(fields: LogFields): Logger;
}
