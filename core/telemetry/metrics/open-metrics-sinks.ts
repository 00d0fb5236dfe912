import { MajlisError } from '../../errors.js';
import type { Logger } from '../logger.js';
import { CompositeMetrics } from './composite-metrics.js';
import { IsolatedMetrics } from './isolated-metrics.js';
import { openJsonLinesMetrics } from './json-lines-metrics.js';
import type { MetricsKind } from './metrics-kinds.js';
import type { MeasuredRun, MetricsSink } from './metrics-sink.js';
import type { PrometheusMetrics } from './prometheus-metrics.js';
import { openTensorboardMetrics } from './tensorboard-metrics.js';
import { openWandbMetrics } from './wandb-metrics.js';

/** The alarm of a sink that begins to fail. */
export const METRICS_ALARM = 'metrics_sink_failed';

export interface MetricsSinksOptions {
  readonly run: MeasuredRun;
  /** The run's own folder; files of another run in it would be gone on with. */
  readonly directory: string;
  readonly logger: Logger;
  /** Beside the line in the log, for whoever keeps alarms. */
  readonly onAlarm?: (alarm: typeof METRICS_ALARM, message: string) => void;
  /** What this process offers to scrapes; `prometheus` needs it. */
  readonly prometheus?: PrometheusMetrics;
}

/**
 * One sink for all of these. It never rejects: what one of them cannot do is logged as an alarm, and stops neither the
 * run nor the others.
 */
export async function openMetricsSinks(
  kinds: readonly MetricsKind[],
  options: MetricsSinksOptions,
): Promise<MetricsSink> {
  const sinks = [...new Set(kinds)].map(
    (kind) =>
      new IsolatedMetrics({
        open: async () => openSink(kind, options),
        onFailure: (error) => raiseAlarm(kind, error, options),
      }),
  );
  await Promise.all(sinks.map((sink) => sink.open()));
  return new CompositeMetrics(sinks);
}

function openSink(kind: MetricsKind, options: MetricsSinksOptions): MetricsSink | Promise<MetricsSink> {
  const { run, directory, prometheus } = options;
  switch (kind) {
    case 'jsonl':
      return openJsonLinesMetrics(directory);
    case 'tensorboard':
      return openTensorboardMetrics(directory);
    case 'wandb':
      return openWandbMetrics(run, directory);
    case 'prometheus':
      if (prometheus !== undefined) return prometheus.open(run);
      throw new MajlisError('No Prometheus endpoint is open.', { code: 'failed_precondition' });
  }
}

function raiseAlarm(
  kind: MetricsKind,
  error: MajlisError,
  { run, logger, onAlarm }: MetricsSinksOptions,
): void {
  const message = `metrics do not reach ${kind}: ${error.message}`;
  logger.warn(message, { run: run.id, alarm: METRICS_ALARM, error });
  onAlarm?.(METRICS_ALARM, message);
}
