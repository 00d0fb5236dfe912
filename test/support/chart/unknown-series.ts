import type { KnownMetrics } from './known-metrics.js';
import type { PromqlReading } from './promql.js';

/** Labels that Prometheus itself gives what it scrapes in a cluster. */
const OF_TARGETS = new Set(['namespace', 'pod', 'service', 'container', 'endpoint', 'job', 'instance']);

/** What an expression reads that nobody offers: metrics, and labels that its metrics don't have, a sentence each. */
export function unknownSeries({ selections, groupedBy }: PromqlReading, known: KnownMetrics): string[] {
  const complaints: string[] = [];
  const offered = new Set(OF_TARGETS);
  for (const { metric, labels } of selections) {
    const has = known.get(metric);
    if (has === undefined) {
      complaints.push(`no process offers ${metric}`);
      continue;
    }
    for (const label of has) offered.add(label);
    const missing = labels.filter((label) => !has.has(label) && !OF_TARGETS.has(label));
    complaints.push(...missing.map((label) => `${metric} has no label ${label}`));
  }
  const stray = groupedBy.filter((label) => !offered.has(label));
  return [
    ...complaints,
    ...stray.map(
      (label) => `none of ${selections.map(({ metric }) => metric).join(', ')} has the label ${label}`,
    ),
  ];
}
