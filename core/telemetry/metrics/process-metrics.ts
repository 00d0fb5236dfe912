import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ProcessRegistry } from './process-registry.js';

const NANOSECONDS = 1e9;
const RESOLUTION_MS = 10;
const QUANTILES = [0.5, 0.99, 1];

/** Offers what every process has: its version, and how late its event loop is. Returns how to stop measuring. */
export function offerProcessMetrics(registry: ProcessRegistry, version: string): () => void {
  registry.gauge('majlis_build_info').set({ version }, 1);
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  registry.readGauge('majlis_event_loop_delay_seconds', (gauge) => {
    for (const quantile of QUANTILES) {
      // The histogram has whole sampling periods; what is over one is delay.
      const late = delay.percentile(quantile * 100) / NANOSECONDS - RESOLUTION_MS / 1000;
      gauge.set({ quantile: String(quantile) }, Math.max(0, late));
    }
    delay.reset();
  });
  return () => delay.disable();
}
