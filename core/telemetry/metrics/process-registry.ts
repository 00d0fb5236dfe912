import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { FLEET_METRICS } from './fleet-catalogue.js';
import type { FleetMetricDescription, FleetMetricName, NameOfKind } from './fleet-catalogue.js';
import type { Exposition } from './prometheus-endpoint.js';

/** What a gauge is asked at each scrape. */
export type ReadGauge = (gauge: Gauge) => void | Promise<void>;

/** The metrics of one process: what a scrape finds. Of each name there is one, whoever asks for it first. */
export class ProcessRegistry implements Exposition {
  constructor(readonly registry: Registry = new Registry()) {}

  /** The exposition's media type, with its version. */
  get contentType(): string {
    return this.registry.contentType;
  }

  /** The exposition in Prometheus's text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  counter(name: NameOfKind<'counter'>): Counter {
    return this.known(name, Counter) ?? new Counter(this.settings(name));
  }

  histogram(name: NameOfKind<'histogram'>): Histogram {
    const { buckets } = FLEET_METRICS[name];
    return this.known(name, Histogram) ?? new Histogram({ ...this.settings(name), buckets: [...buckets] });
  }

  gauge(name: NameOfKind<'gauge'>): Gauge {
    return this.known(name, Gauge) ?? new Gauge(this.settings(name));
  }

  /** A gauge that is read anew at each scrape. One that cannot be read then has no value, and is counted. */
  readGauge(name: NameOfKind<'gauge'>, read: ReadGauge): void {
    const errors = this.counter('majlis_scrape_errors_total');
    this.registry.removeSingleMetric(name);
    const gauge: Gauge = new Gauge({
      ...this.settings(name),
      collect: async () => {
        gauge.reset();
        try {
          await read(gauge);
        } catch {
          // The scrape is worth having without it; what cannot be read is the operator's to see, by its name.
          gauge.reset();
          errors.inc({ metric: name });
        }
      },
    });
  }

  private known<Kind extends Counter | Gauge | Histogram>(
    name: FleetMetricName,
    kind: abstract new (...settings: never[]) => Kind,
  ): Kind | undefined {
    const metric = this.registry.getSingleMetric(name);
    return metric instanceof kind ? metric : undefined;
  }

  private settings(name: FleetMetricName) {
    const { help, labels }: FleetMetricDescription = FLEET_METRICS[name];
    return { name, help, labelNames: [...labels], registers: [this.registry] };
  }
}
