import type { RunState } from '../../domain/run-state.js';
import type { Metrics, MetricsSink } from './metrics-sink.js';
import { OrderedMetrics } from './ordered-metrics.js';

export interface MetricsRow {
  readonly step: number;
  readonly atMs: number;
  readonly metrics: Metrics;
}

/** Keeps rows in memory, so that a test can ask what was written. Outlives the sinks that are opened on it. */
export class MemoryMetrics {
  readonly rows: MetricsRow[] = [];
  /** As the last sink was finished with. */
  state: RunState | undefined;

  open(): MetricsSink {
    return new OrderedMetrics(
      {
        append: async (step, metrics, atMs) => {
          this.rows.push({ step, atMs, metrics });
        },
        end: async (state) => {
          this.state = state;
        },
      },
      this.rows.at(-1)?.step,
    );
  }
}
