import type { Delivery } from '../../core/bus/bus.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import { SPAN_ATTRIBUTES } from '../../core/telemetry/tracing/span-attributes.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';

export interface Admission<Arrival> {
  /** [delivery] */
  readonly admit: () => Promise<readonly Arrival[]>;
  /** What a span says of it. */
  readonly outcomeOf: (arrival: Arrival) => string;
}

/**
 * Does the work on results that came together: each has a span of it in its own task's trace, as the worker handed that
 * on, which says what became of the result. [delivery]
 */
export async function traceAdmissions<Arrival>(
  tracer: Tracer = NO_TRACING,
  deliveries: readonly Pick<Delivery, 'headers' | 'attempt' | 'run'>[],
  { admit, outcomeOf }: Admission<Arrival>,
): Promise<readonly Arrival[]> {
  const arrivals = admit();
  if (tracer !== NO_TRACING) {
    await Promise.all(
      deliveries.map(({ headers, attempt, run }, at) => {
        const attributes = {
          [SPAN_ATTRIBUTES.messagingOperation]: 'process',
          [SPAN_ATTRIBUTES.attempt]: attempt,
          [SPAN_ATTRIBUTES.run]: run,
        };
        return tracer.span('admit result', { kind: 'consumer', parent: headers, attributes }, async (span) =>
          span.set({ [SPAN_ATTRIBUTES.outcome]: outcomeOf((await arrivals)[at]) }),
        );
      }),
    );
  }
  return arrivals;
}
