import type { RunState } from '../../domain/run-state.js';
import type { Metrics, MetricsSink } from './metrics-sink.js';

/** Writes to several sinks side by side. */
export class CompositeMetrics implements MetricsSink {
  constructor(private readonly sinks: readonly MetricsSink[]) {}

  async write(step: number, metrics: Metrics, atMs: number): Promise<void> {
    await Promise.all(this.sinks.map((sink) => sink.write(step, metrics, atMs)));
  }

  async finish(state: RunState): Promise<void> {
    await Promise.all(this.sinks.map((sink) => sink.finish(state)));
  }
}
