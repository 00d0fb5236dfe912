import type { RunEvent } from '../../../core/domain/run.js';
import { encodeMetrics } from '../../../core/ledger/record-text.js';

/** An event as one flat object: run, sequence, at (ISO 8601), kind, and what the kind has. NaN is its name. */
export function eventJson({ run, sequence, atMs, payload }: RunEvent): Readonly<Record<string, unknown>> {
  const place = { run, sequence, at: new Date(atMs).toISOString() };
  if (!('metrics' in payload)) return { ...place, ...payload };
  return { ...place, ...payload, metrics: encodeMetrics(payload.metrics) };
}
