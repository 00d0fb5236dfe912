/**
 * Traces: which work caused which, and how long each took, across processes. Spans carry ids, hashes and counts; never a
 * prompt's or an answer's text. Tracing never changes what is traced, and never fails it.
 */

/** W3C trace context (`traceparent`, and `tracestate` where there is one), as messages and calls carry it. */
export type TraceHeaders = Readonly<Record<string, string>>;

/** Lower-case hex: 32 digits and 16. */
export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** What a span does for others: `producer` hands work to a queue, `consumer` takes it; `client` asks, `server` answers. */
export type SpanKind = 'internal' | 'producer' | 'consumer' | 'client' | 'server';

/** By the names of span-attributes.ts. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  /** `internal` unless told. */
  readonly kind?: SpanKind;
  /** Who caused it, in this process or another: the span that the code runs within unless told. Unreadable headers count as none. */
  readonly parent?: TraceHeaders;
  /** Others that it belongs to without being caused by them. */
  readonly links?: readonly TraceHeaders[];
  readonly attributes?: SpanAttributes;
  /** Begins a trace, with ids that others can compute. It has no parent then. */
  readonly ids?: TraceIds;
}

/** A span while it lasts. */
export interface Span {
  /** What is known only now. */
  set(attributes: SpanAttributes): void;
  /** What it was for was not reached although nothing is thrown: an error code, or a short name of that kind. */
  fail(type: string): void;
}

export interface Tracer {
  /** Does the work within a span, which ends with it. A failure of the work is the span's, and is thrown on. */
  span<Result>(
    name: string,
    options: SpanOptions,
    work: (span: Span) => Result | Promise<Result>,
  ): Promise<Result>;
  /** A span without length: something happened. Returns headers by which others join it; none where it is not traced. */
  mark(name: string, options: SpanOptions): TraceHeaders;
  /** Headers by which others join the span that this code runs within; none outside of a span. */
  inject(): TraceHeaders;
  /** That span; undefined outside of one. */
  current(): TraceIds | undefined;
}
