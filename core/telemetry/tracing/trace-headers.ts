import { ROOT_CONTEXT, TraceFlags, createTraceState, isSpanContextValid, trace } from '@opentelemetry/api';
import type { Context } from '@opentelemetry/api';
import type { TraceHeaders } from './tracer.js';

/** `version-traceid-spanid-flags` (w3.org/TR/trace-context); a later version may have more fields behind. */
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?:-|$)/;

/** The span that headers name, as another process's; the empty context where they name none. */
export function contextOfHeaders(headers: TraceHeaders): Context {
  const { traceId, spanId, flags } = TRACEPARENT.exec(headers['traceparent'] ?? '')?.groups ?? {};
  if (traceId === undefined) return ROOT_CONTEXT;
  const state = headers['tracestate'];
  const span = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
    ...(state === undefined ? {} : { traceState: createTraceState(state) }),
  };
  return isSpanContextValid(span) ? trace.setSpanContext(ROOT_CONTEXT, span) : ROOT_CONTEXT;
}

/** Headers that name the context's span; none where it has none. */
export function headersOfContext(context: Context): TraceHeaders {
  const span = trace.getSpanContext(context);
  if (span === undefined || !isSpanContextValid(span)) return {};
  const flags = (span.traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0');
  const state = span.traceState?.serialize() ?? '';
  return {
    traceparent: `00-${span.traceId}-${span.spanId}-${flags}`,
    ...(state === '' ? {} : { tracestate: state }),
  };
}
