import type { Delivery } from '../../core/bus/bus.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import { SPAN_ATTRIBUTES } from '../../core/telemetry/tracing/span-attributes.js';
import type { Span, Tracer } from '../../core/telemetry/tracing/tracer.js';

/** Does the work on a result within its task's trace, as the worker handed that on. */
export function traceAdmission<Result>(
  tracer: Tracer = NO_TRACING,
  delivery: Pick<Delivery, 'headers' | 'attempt' | 'run'>,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  const attributes = {
    [SPAN_ATTRIBUTES.messagingOperation]: 'process',
    [SPAN_ATTRIBUTES.attempt]: delivery.attempt,
    [SPAN_ATTRIBUTES.run]: delivery.run,
  };
  return tracer.span('admit result', { kind: 'consumer', parent: delivery.headers, attributes }, work);
}
