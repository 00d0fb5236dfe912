import { AsyncLocalStorage } from 'node:async_hooks';
import {
  ROOT_CONTEXT,
  SpanKind as OtelKind,
  SpanStatusCode,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api';
import type { Context, Link, Span as OtelSpan, Tracer as OtelTracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { MajlisError } from '../../errors.js';
import { ChosenIds } from './chosen-ids.js';
import { ReportingExporter } from './reporting-exporter.js';
import { SPAN_ATTRIBUTES } from './span-attributes.js';
import { contextOfHeaders, headersOfContext } from './trace-headers.js';
import type { Span, SpanKind, SpanOptions, TraceHeaders, TraceIds, Tracer } from './tracer.js';

export interface OtlpTracingOptions {
  /** The receiver: spans go to `<url>/v1/traces`, as OTLP over HTTP. */
  readonly url: string;
  /** What this process is, as `majlis-coordinator`. */
  readonly service: string;
  readonly version: string;
  /** Told of the first batch that did not arrive, and of the first after one that did; spans are then lost. */
  readonly onFailure: (error: MajlisError) => void;
}

/** Tracing of a process. */
export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what is left, for a few seconds at most. */
  close(): Promise<void>;
}

const SCOPE = 'majlis';
const FLUSH_MS = 3000;
const BATCH_EVERY_MS = 1000;

const KINDS: Readonly<Record<SpanKind, OtelKind>> = {
  internal: OtelKind.INTERNAL,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
  client: OtelKind.CLIENT,
  server: OtelKind.SERVER,
};

/**
 * Sends spans to an OpenTelemetry receiver in batches, beside the work. A receiver that is away costs spans, nothing else.
 * How many traces are kept is `OTEL_TRACES_SAMPLER`'s, as for every OpenTelemetry program; all of them unless told.
 */
export function openOtlpTracing({ url, service, version, onFailure }: OtlpTracingOptions): Tracing {
  const exporter = new OTLPTraceExporter({
    url: `${url.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: FLUSH_MS,
  });
  const ids = new ChosenIds();
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.version': version }),
    idGenerator: ids,
    spanProcessors: [
      new BatchSpanProcessor(new ReportingExporter(exporter, onFailure), {
        scheduledDelayMillis: BATCH_EVERY_MS,
        exportTimeoutMillis: FLUSH_MS,
      }),
    ],
  });
  return {
    tracer: new OtlpTracer(provider.getTracer(SCOPE, version), ids),
    close: async () => {
      try {
        await provider.shutdown();
      } catch (thrown) {
        onFailure(MajlisError.from(thrown));
      }
    },
  };
}

/** The span that code runs within is kept here, not in OpenTelemetry's globals, so that one process can hold several tracers. */
class OtlpTracer implements Tracer {
  private readonly within = new AsyncLocalStorage<Context>();

  constructor(
    private readonly otel: OtelTracer,
    private readonly ids: ChosenIds,
  ) {}

  async span<Result>(
    name: string,
    options: SpanOptions,
    work: (span: Span) => Result | Promise<Result>,
  ): Promise<Result> {
    const { span, context } = this.start(name, options);
    try {
      return await this.within.run(context, () =>
        work({
          set: (attributes) => span.setAttributes(attributes),
          fail: (type) => markFailed(span, type),
        }),
      );
    } catch (thrown) {
      markFailed(span, MajlisError.from(thrown).code);
      throw thrown;
    } finally {
      span.end();
    }
  }

  mark(name: string, options: SpanOptions): TraceHeaders {
    const { span, context } = this.start(name, options);
    span.end();
    return headersOfContext(context);
  }

  inject(): TraceHeaders {
    return headersOfContext(this.context);
  }

  current(): TraceIds | undefined {
    const ids = trace.getSpanContext(this.context);
    return ids === undefined ? undefined : { traceId: ids.traceId, spanId: ids.spanId };
  }

  private get context(): Context {
    return this.within.getStore() ?? ROOT_CONTEXT;
  }

  private start(name: string, { kind = 'internal', parent, links, attributes, ids }: SpanOptions) {
    const from =
      ids !== undefined ? ROOT_CONTEXT : parent === undefined ? this.context : contextOfHeaders(parent);
    const settings = { kind: KINDS[kind], attributes: { ...attributes }, links: linksOf(links ?? []) };
    const span = this.ids.use(ids, () => this.otel.startSpan(name, settings, from));
    return { span, context: trace.setSpan(from, span) };
  }
}

function linksOf(headers: readonly TraceHeaders[]): Link[] {
  return headers.flatMap((one) => {
    const context = trace.getSpanContext(contextOfHeaders(one));
    return context !== undefined && isSpanContextValid(context) ? [{ context }] : [];
  });
}

/** The code alone: a message may quote what was refused, which may be a model's text. */
function markFailed(span: OtelSpan, type: string): void {
  span.setAttribute(SPAN_ATTRIBUTES.errorType, type);
  span.setStatus({ code: SpanStatusCode.ERROR, message: type });
}
