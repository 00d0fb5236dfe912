import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openJsonLinesMetrics } from '../../core/telemetry/metrics/json-lines-metrics.js';
import { useTemporaryFolder } from '../support/temporary-folder.js';
import { describeMetricsSink } from './metrics-sink.contract.js';
import type { ReadRow } from './metrics-sink.contract.js';

describe('over a file', () => {
  const folder = useTemporaryFolder();
  describeMetricsSink('the JSONL sink', async () => ({
    open: () => openJsonLinesMetrics(folder()),
    read: async () => {
      const text = await readFile(join(folder(), 'metrics.jsonl'), 'utf8');
      return text.trimEnd().split('\n').map(rowOf);
    },
  }));
});

function rowOf(line: string): ReadRow {
  const { step, time, ...metrics } = JSON.parse(line) as Record<string, number | string>;
  return {
    step: Number(step),
    atMs: Date.parse(String(time)),
    metrics: Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, Number(value)])),
  };
}
