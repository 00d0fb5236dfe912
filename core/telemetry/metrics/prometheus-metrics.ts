import { Counter, Gauge } from 'prom-client';
import type { RunState } from '../../domain/run-state.js';
import { describeMetric, generalName } from './metric-catalogue.js';
import type { MeasuredRun, Metrics, MetricsSink } from './metrics-sink.js';
import { OrderedMetrics } from './ordered-metrics.js';
import type { MetricsWriter } from './ordered-metrics.js';
import { ProcessRegistry } from './process-registry.js';
import { prometheusName } from './prometheus-name.js';

/** `arm` is the run's name: the quickstart's runs are called after its arms. */
const RUN_LABELS = ['run', 'arm'];
const MILLISECONDS = 1000;

type Labels = Readonly<Record<string, string>>;

/**
 * What a scrape of this process finds: every figure of the last finished iteration of each of its runs as a gauge, and
 * its counts as counters. A figure that the last iteration lacks is absent, not its old value. Counters begin at 0 with
 * the process; they have a run's totals once its earlier iterations were written again.
 */
export class PrometheusMetrics {
  private readonly gauges = new Map<string, Gauge>();
  private readonly counters = new Map<string, Counter>();
  private readonly runs = new Map<string, RunSeries>();

  /** `process` offers them, beside its own. */
  constructor(readonly process = new ProcessRegistry()) {}

  open(run: Pick<MeasuredRun, 'id' | 'name'>): MetricsSink {
    const series = this.runs.get(run.id) ?? new RunSeries(this, { run: run.id, arm: run.name });
    this.runs.set(run.id, series);
    series.setState('running');
    return new OrderedMetrics(series, series.lastStep);
  }

  /** The gauge of this name; the first call decides its labels. */
  gauge(name: string, help: string, labelNames: readonly string[] = RUN_LABELS): Gauge {
    const gauge =
      this.gauges.get(name) ?? new Gauge({ name, help, labelNames, registers: [this.process.registry] });
    this.gauges.set(name, gauge);
    return gauge;
  }

  /** The counter of this name. */
  counter(name: string, help: string): Counter {
    const counter =
      this.counters.get(name) ??
      new Counter({ name, help, labelNames: RUN_LABELS, registers: [this.process.registry] });
    this.counters.set(name, counter);
    return counter;
  }
}

class RunSeries implements MetricsWriter {
  lastStep: number | undefined;
  private state: RunState | undefined;
  /** Takes one gauge's series of the last iteration away again. */
  private removals: (() => void)[] = [];

  constructor(
    private readonly metrics: PrometheusMetrics,
    private readonly labels: Labels,
  ) {}

  async append(step: number, metrics: Metrics, atMs: number): Promise<void> {
    for (const remove of this.removals) remove();
    this.removals = [];
    for (const [name, value] of Object.entries(metrics)) this.record(name, value);
    const { labels } = this;
    this.metrics.gauge('majlis_iteration', 'The last finished iteration.').set(labels, step);
    this.metrics
      .gauge('majlis_iteration_end_timestamp_seconds', 'When the last finished iteration ended.')
      .set(labels, atMs / MILLISECONDS);
    this.metrics.counter('majlis_iterations_total', 'Finished iterations.').inc(labels);
    this.lastStep = step;
  }

  async end(state: RunState): Promise<void> {
    this.setState(state);
  }

  private record(metric: string, value: number): void {
    const { name, kind } = prometheusName(metric);
    const { help } = describeMetric(metric);
    if (kind === 'counter') {
      this.metrics.counter(name, help).inc(this.labels, value);
      return;
    }
    const labels = { ...this.labels, ...generalName(metric).label };
    const gauge = this.metrics.gauge(name, help, Object.keys(labels));
    gauge.set(labels, value);
    this.removals.push(() => gauge.remove(labels));
  }

  /** The state that was goes: of a run one state is 1. */
  setState(state: RunState): void {
    const gauge = this.metrics.gauge(
      'majlis_run_state',
      '1 for the state in which this process runs the run, or left it.',
      [...RUN_LABELS, 'state'],
    );
    if (this.state !== undefined) gauge.remove({ ...this.labels, state: this.state });
    gauge.set({ ...this.labels, state }, 1);
    this.state = state;
  }
}
