import { describeMetric, generalName } from './metric-catalogue.js';
import type { MetricUnit } from './metric-catalogue.js';

export interface PrometheusName {
  readonly name: string;
  /** A count adds up over iterations; everything else is as the last iteration left it. */
  readonly kind: 'counter' | 'gauge';
}

const PREFIX = 'majlis_';

/**
 * A metric's name by Prometheus's conventions (prometheus.io/docs/practices/naming): the application first, then the
 * metric's own name, then the unit; a share is a `_ratio`, a count a counter that ends in `_total`. The rubric's id, or the
 * group's name, is a label.
 */
export function prometheusName(metric: string): PrometheusName {
  const { unit } = describeMetric(metric);
  const plain = generalName(metric).name.replace(/\/<[^>]+>/, '');
  const stem = PREFIX + plain.replace(/_share$/, '').replace(/[^a-zA-Z0-9_]+/g, '_');
  return { name: stem + suffixOf(unit), kind: unit === 'count' ? 'counter' : 'gauge' };
}

function suffixOf(unit: MetricUnit): string {
  switch (unit) {
    case 'nats':
    case 'nats per answer':
    case 'nats per token':
      return '_nats';
    case 'tokens':
      return '_tokens';
    case 'share':
      return '_ratio';
    case 'count':
      return '_total';
    case 'reward':
    case 'norm':
    case 'loss':
    case 'ratio':
    case 'ratio²':
    case '':
      return '';
  }
}
