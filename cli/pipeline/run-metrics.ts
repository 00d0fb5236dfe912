import type { Metrics } from '../../core/telemetry/metrics/metrics-sink.js';
import type { MetricsKind } from '../../core/telemetry/metrics/metrics-kinds.js';
import { openMetricsSinks } from '../../core/telemetry/metrics/open-metrics-sinks.js';
import type { ProcessRegistry } from '../../core/telemetry/metrics/process-registry.js';
import { PrometheusMetrics } from '../../core/telemetry/metrics/prometheus-metrics.js';
import { MajlisError } from '../../core/errors.js';
import { offerMetrics } from '../telemetry/offer-metrics.js';
import type { TelemetryChoice } from '../telemetry/process-telemetry.js';
import type { ArmServices } from './arm-services.js';

/** What a person asks of metrics. */
export interface MetricsChoice extends TelemetryChoice {
  readonly metrics?: readonly MetricsKind[];
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
  { metrics: kinds = DEFAULT_KINDS, metricsPort, metricsHost }: MetricsChoice,
  offered: ProcessRegistry,
): Promise<OpenedMetrics> {
  if (metricsPort === undefined && !kinds.includes('prometheus')) {
    return { plan: { kinds }, close: async () => undefined };
  }
  const endpoint = await offerMetrics(offered, { port: metricsPort ?? 0, host: metricsHost });
  const plan: MetricsPlan = { kinds: [...kinds, 'prometheus'], prometheus: new PrometheusMetrics(offered) };
  return { plan, url: endpoint.url, close: () => endpoint.close() };
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
