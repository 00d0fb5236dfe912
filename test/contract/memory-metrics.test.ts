import { MemoryMetrics } from '../../core/telemetry/metrics/memory-metrics.js';
import { describeMetricsSink } from './metrics-sink.contract.js';

describeMetricsSink('the memory sink', async () => {
  const memory = new MemoryMetrics();
  return { open: async () => memory.open(), read: async () => memory.rows };
});
