import { MajlisError } from '../../errors.js';
import type { RunState } from '../../domain/run-state.js';
import type { MetricsRow } from './memory-metrics.js';
import type { Metrics, MetricsSink } from './metrics-sink.js';

export interface IsolatedMetricsOptions {
  /** Tried again with every call until it succeeds. */
  readonly open: () => Promise<MetricsSink>;
  /** Called when the sink begins to fail, not again before it worked in between. */
  readonly onFailure: (error: MajlisError) => void;
}

/** Some tens of megabytes at most. */
const LARGEST_BACKLOG = 10_000;

/**
 * A sink whose failures reach nobody who writes to it. Rows that it could not take wait in memory, the newest 10,000 of
 * them, and are written first when it works again.
 */
export class IsolatedMetrics implements MetricsSink {
  private sink: MetricsSink | undefined;
  private readonly backlog: MetricsRow[] = [];
  private isFailing = false;

  constructor(private readonly options: IsolatedMetricsOptions) {}

  /** Opens the sink now, so that what is wrong is said before the first iteration. */
  async open(): Promise<void> {
    await this.attempt(async () => undefined);
  }

  async write(step: number, metrics: Metrics, atMs: number): Promise<void> {
    this.backlog.push({ step, metrics, atMs });
    if (this.backlog.length > LARGEST_BACKLOG) this.backlog.shift();
    await this.attempt((sink) => this.writeBacklog(sink));
  }

  async finish(state: RunState): Promise<void> {
    await this.attempt(async (sink) => {
      await this.writeBacklog(sink);
      await sink.finish(state);
    });
  }

  private async writeBacklog(sink: MetricsSink): Promise<void> {
    while (this.backlog.length > 0) {
      const [row] = this.backlog;
      await sink.write(row.step, row.metrics, row.atMs);
      // Another call may have written it meanwhile; a sink takes a step once.
      if (this.backlog[0] === row) this.backlog.shift();
    }
  }

  private async attempt(call: (sink: MetricsSink) => Promise<void>): Promise<void> {
    try {
      this.sink ??= await this.options.open();
      await call(this.sink);
      this.isFailing = false;
    } catch (thrown) {
      if (!this.isFailing) this.options.onFailure(MajlisError.from(thrown));
      this.isFailing = true;
    }
  }
}
