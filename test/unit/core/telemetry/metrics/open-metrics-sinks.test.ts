import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { METRICS_KINDS } from '../../../../../core/telemetry/metrics/metrics-kinds.js';
import { openMetricsSinks } from '../../../../../core/telemetry/metrics/open-metrics-sinks.js';
import type { MetricsKind } from '../../../../../core/telemetry/metrics/metrics-kinds.js';
import type { MetricsSink } from '../../../../../core/telemetry/metrics/metrics-sink.js';
import { PrometheusMetrics } from '../../../../../core/telemetry/metrics/prometheus-metrics.js';
import { RecordingLogger } from '../../../../../core/telemetry/recording-logger.js';
import { MEASURED_RUN } from '../../../../contract/metrics-sink.contract.js';
import { useTemporaryFolder } from '../../../../support/temporary-folder.js';

describe('openMetricsSinks', () => {
  const folder = useTemporaryFolder();
  const prometheus = new PrometheusMetrics();
  let logger: RecordingLogger;
  let alarms: string[];
  beforeEach(() => {
    logger = new RecordingLogger();
    alarms = [];
  });

  const open = (kinds: readonly MetricsKind[]): Promise<MetricsSink> =>
    openMetricsSinks(kinds, {
      run: MEASURED_RUN,
      directory: folder(),
      logger,
      onAlarm: (alarm, message) => alarms.push(`${alarm}: ${message}`),
      prometheus,
    });
  const steps = async (): Promise<number[]> =>
    (await readFile(join(folder(), 'metrics.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { step: number }).step);
  /** Makes a sink fail as long as something else has its folder's name. */
  const stand = (name: string): Promise<void> => writeFile(join(folder(), name), 'in the way');

  it('writes to every kind at once, and once to a kind that is named twice', async () => {
    const sink = await open([...METRICS_KINDS, 'jsonl']);
    await sink.write(0, { 'objective/kl': 0.5 }, MEASURED_RUN.createdAtMs);
    await sink.finish('completed');
    expect(await steps()).toEqual([0]);
    expect(await prometheus.process.text()).toContain('majlis_objective_kl_nats{');
    await expect(readFile(join(folder(), 'tensorboard'))).rejects.toThrow('EISDIR');
    await expect(readFile(join(folder(), 'wandb'))).rejects.toThrow('EISDIR');
    expect([alarms, logger.lines]).toEqual([[], []]);
  });

  it('goes on with the others where one cannot be opened, and says so once', async () => {
    await stand('tensorboard');
    const sink = await open(['tensorboard', 'jsonl']);
    for (const step of [0, 1]) await sink.write(step, {}, 0);
    await sink.finish('completed');
    expect(await steps()).toEqual([0, 1]);
    expect(alarms).toEqual([
      expect.stringMatching(/^metrics_sink_failed: metrics do not reach tensorboard: .+/),
    ]);
    expect(logger.lines).toMatchObject([
      { level: 'warn', fields: { run: MEASURED_RUN.id, alarm: 'metrics_sink_failed' } },
    ]);
  });

  it('writes what a sink missed, in order, when it works again, and raises the alarm anew after that', async () => {
    const path = join(folder(), 'metrics.jsonl');
    await mkdir(path);
    const sink = await open(['jsonl']);
    await sink.write(0, {}, 0);
    await sink.write(1, {}, 0);
    await rm(path, { recursive: true });
    await sink.write(2, {}, 0);
    expect(await steps()).toEqual([0, 1, 2]);
    expect(alarms).toHaveLength(1);
    await rm(path);
    await sink.write(3, {}, 0);
    expect(alarms).toHaveLength(2);
  });

  it('raises an alarm for a configuration that W&B cannot hold, and for scrapes that nobody offers', async () => {
    await openMetricsSinks(['wandb', 'prometheus', 'jsonl'], {
      run: { ...MEASURED_RUN, config: 'no JSON' },
      directory: folder(),
      logger,
    });
    expect(logger.lines.map(({ message }) => message).sort()).toEqual([
      'metrics do not reach prometheus: No Prometheus endpoint is open.',
      expect.stringContaining('metrics do not reach wandb: the configuration of'),
    ]);
  });
});
