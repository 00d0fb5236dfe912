import type { Delivery } from '../../core/bus/bus.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import { SPAN_ATTRIBUTES } from '../../core/telemetry/tracing/span-attributes.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';

/**
 * Does the work on results that came together: each has a span of it in its own task's trace, as the worker handed that
 * on, which says what became of the result. [delivery]
 */
export async function traceAdmissions<Outcome extends string>(
  tracer: Tracer = NO_TRACING,
  deliveries: readonly Pick<Delivery, 'headers' | 'attempt' | 'run'>[],
  work: () => Promise<readonly Outcome[]>,
): Promise<void> {
  const outcomes = work();
  if (tracer !== NO_TRACING) {
    await Promise.all(
      deliveries.map(({ headers, attempt, run }, at) => {
        const attributes = {
          [SPAN_ATTRIBUTES.messagingOperation]: 'process',
          [SPAN_ATTRIBUTES.attempt]: attempt,
          [SPAN_ATTRIBUTES.run]: run,
        };
        return tracer.span('admit result', { kind: 'consumer', parent: headers, attributes }, async (span) =>
          span.set({ [SPAN_ATTRIBUTES.outcome]: (await outcomes)[at] }),
        );
      }),
    );
  }
  await outcomes;
}
