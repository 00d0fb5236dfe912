import type { IncomingHttpHeaders } from 'node:http';
import { NO_TRACING } from '../telemetry/tracing/no-tracing.js';
import { SPAN_ATTRIBUTES } from '../telemetry/tracing/span-attributes.js';
import type { TraceHeaders, Tracer } from '../telemetry/tracing/tracer.js';

/** A request over HTTP, by its route, which has no ids in it. */
export interface TracedRequest {
  readonly method: string;
  readonly route: string;
  readonly headers: IncomingHttpHeaders;
}

/** Answers a request within a span that is caused by whoever its `traceparent` names. */
export function traceRequest<Result>(
  tracer: Tracer,
  { method, route, headers }: TracedRequest,
  work: () => Promise<Result>,
): Promise<Result> {
  if (tracer === NO_TRACING) return work();
  const attributes = { [SPAN_ATTRIBUTES.httpMethod]: method, [SPAN_ATTRIBUTES.httpRoute]: route };
  return tracer.span(`${method} ${route}`, { kind: 'server', parent: traceOf(headers), attributes }, work);
}

function traceOf({ traceparent, tracestate }: IncomingHttpHeaders): TraceHeaders {
  return {
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    ...(typeof tracestate === 'string' ? { tracestate } : {}),
  };
}
