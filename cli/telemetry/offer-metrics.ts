import { packageVersion } from '../../core/runtime/package-version.js';
import { offerProcessMetrics } from '../../core/telemetry/metrics/process-metrics.js';
import type { ProcessRegistry } from '../../core/telemetry/metrics/process-registry.js';
import {
  openPrometheusEndpoint,
  type PrometheusEndpoint,
} from '../../core/telemetry/metrics/prometheus-endpoint.js';

/** Offers a process's counts to scrapes, with what every process tells of itself, until it is closed. */
export async function offerMetrics(
  metrics: ProcessRegistry,
  { port, host }: { readonly port: number; readonly host?: string | undefined },
): Promise<PrometheusEndpoint> {
  const endpoint = await openPrometheusEndpoint(metrics, {
    port,
    ...(host === undefined ? {} : { host }),
  });
  const stopMeasuring = offerProcessMetrics(metrics, packageVersion());
  return {
    url: endpoint.url,
    close: async () => {
      stopMeasuring();
      await endpoint.close();
    },
  };
}
