import type { Metrics } from '../../core/telemetry/metrics/metrics-sink.js';
import { openMetricsSinks, type MetricsKind } from '../../core/telemetry/metrics/open-metrics-sinks.js';
import { openPrometheusEndpoint } from '../../core/telemetry/metrics/prometheus-endpoint.js';
import { offerProcessMetrics } from '../../core/telemetry/metrics/process-metrics.js';
import type { ProcessRegistry } from '../../core/telemetry/metrics/process-registry.js';
import { packageVersion } from '../../core/runtime/package-version.js';
import { PrometheusMetrics } from '../../core/telemetry/metrics/prometheus-metrics.js';
import { MajlisError } from '../../core/errors.js';
import type { ArmServices } from './arm-services.js';

/** What a person asks of metrics. */
export interface MetricsChoice {
  readonly metrics?: readonly MetricsKind[];
  /** Port of loopback that offers figures to scrapes. */
  readonly metricsPort?: number;
  /** A receiver of OTLP over HTTP; nothing is traced without one. */
  readonly traceUrl?: string;
}

const DEFAULT_KINDS: readonly MetricsKind[] = ['jsonl', 'tensorboard'];

/** Where a run's figures go besides the ledger. */
export interface MetricsPlan {
  readonly kinds: readonly MetricsKind[];
  /** What this process offers to scrapes. */
  readonly prometheus?: PrometheusMetrics;
}

export interface OpenedMetrics {
  readonly plan: MetricsPlan;
  /** Where a scrape finds them, where anything is offered. */
  readonly url?: string;
  readonly close: () => Promise<void>;
}

/** Opens what a process offers of all its runs; `close` ends it. */
export async function openMetricsPlan(
  { metrics: kinds = DEFAULT_KINDS, metricsPort }: MetricsChoice,
  offered: ProcessRegistry,
): Promise<OpenedMetrics> {
  if (metricsPort === undefined && !kinds.includes('prometheus')) {
    return { plan: { kinds }, close: async () => undefined };
  }
  const prometheus = new PrometheusMetrics(offered);
  const stopMeasuring = offerProcessMetrics(offered, packageVersion());
  const endpoint = await openPrometheusEndpoint(prometheus.process, { port: metricsPort ?? 0 });
  const plan: MetricsPlan = { kinds: [...kinds, 'prometheus'], prometheus };
  const close = async (): Promise<void> => {
    stopMeasuring();
    await endpoint.close();
  };
  return { plan, url: endpoint.url, close };
}

/** The figures of one run on their way out. Nothing here ever stops the run. */
export interface RunMetrics {
  write(iteration: number, metrics: Metrics, atMs: number): void;
  /** Waits for what was written, and tells the sinks how this process leaves the run. */
  finish(): Promise<void>;
}

/** Opens the sinks of a run and fills them with what the ledger already has. */
export async function openRunMetrics(
  { ledger, logger, clock }: Pick<ArmServices, 'ledger' | 'logger' | 'clock'>,
  { runId, directory, metrics: { kinds, prometheus } }: RunMetricsPlace,
): Promise<RunMetrics> {
  const run = await ledger.getRun(runId);
  if (run === undefined) throw new MajlisError(`run ${runId} is not in the ledger`, { code: 'not_found' });
  const sinks = await openMetricsSinks(kinds, {
    run,
    directory,
    logger,
    ...(prometheus === undefined ? {} : { prometheus }),
  });
  const writing: Promise<void>[] = [];
  for (const { iteration, metrics } of await ledger.iterations(runId)) {
    writing.push(sinks.write(iteration, metrics, clock.now()));
  }
  return {
    write: (iteration, metrics, atMs) => {
      writing.push(sinks.write(iteration, metrics, atMs));
    },
    finish: async () => {
      await Promise.all(writing);
      await sinks.finish((await ledger.getRun(runId))?.state ?? run.state);
    },
  };
}

interface RunMetricsPlace {
  readonly runId: string;
  /** The run's own folder. */
  readonly directory: string;
  readonly metrics: MetricsPlan;
}
