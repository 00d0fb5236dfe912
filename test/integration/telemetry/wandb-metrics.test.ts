import { appendFile, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MeasuredRun } from '../../../core/telemetry/metrics/metrics-sink.js';
import { openWandbMetrics } from '../../../core/telemetry/metrics/wandb-metrics.js';
import {
  CREATED_AT_MS,
  describeMetricsSink,
  FIRST,
  MEASURED_RUN,
  SECOND,
} from '../../contract/metrics-sink.contract.js';
import type { ReadRow } from '../../contract/metrics-sink.contract.js';
import { describeWithPython, runPython } from '../../support/python.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

/** What reached the server that `wandb sync` uploaded to. */
interface Synced {
  readonly status: number;
  readonly output: string;
  readonly run: Readonly<Record<string, unknown>>;
  readonly history: readonly Readonly<Record<string, string>>[];
  readonly summary: readonly Readonly<Record<string, string>>[];
  readonly complete: boolean | null;
  readonly exitCode: number | null;
}

const ID = MEASURED_RUN.id;
const RUN_FOLDER = `offline-run-20261122_045237-${ID}`;

describeWithPython('wandb sync, given an offline run', () => {
  const folder = useTemporaryFolder();
  const runFolder = (): string => join(folder(), 'wandb', RUN_FOLDER);
  const file = (): string => join(runFolder(), `run-${ID}.wandb`);

  const sync = (directory = runFolder()): Synced => {
    const synced = JSON.parse(runPython(join(__dirname, 'sync-wandb.py'), [directory])) as Synced;
    expect([synced.status, synced.output]).toEqual([0, expect.stringContaining('Finished syncing')]);
    return synced;
  };
  const open = (run: MeasuredRun = MEASURED_RUN): ReturnType<typeof openWandbMetrics> =>
    openWandbMetrics(run, folder());

  describeMetricsSink('the W&B sink', async () => ({
    open,
    read: async () => sync().history.map(rowOf),
  }));

  it('uploads the run under its id with its configuration, and that it completed', async () => {
    const sink = await open();
    await sink.write(FIRST.step, FIRST.metrics, FIRST.atMs);
    await sink.write(SECOND.step, SECOND.metrics, SECOND.atMs);
    await sink.finish('completed');
    const synced = sync();
    expect(synced.run).toMatchObject({ name: ID, project: 'majlis', displayName: ID, tags: ['swapped'] });
    expect(JSON.parse(String(synced.run['config']))).toMatchObject({
      algorithm: { value: { epochs: 2 } },
      name: { value: 'arabic' },
      seed: { value: 7 },
    });
    expect(synced.summary.at(-1)).toMatchObject({ 'objective/kl': '-1.75', _step: '1', _runtime: '3.25' });
    expect([synced.complete, synced.exitCode]).toEqual([true, 0]);
  });

  it.each([
    ['failed', true, 1],
    ['cancelled', true, 1],
  ] as const)('calls a run that %s one with an error', async (state, complete, exitCode) => {
    const sink = await open();
    await sink.finish(state);
    const synced = sync();
    expect([synced.complete, synced.exitCode]).toEqual([complete, exitCode]);
  });

  it('does not call a paused run ended', async () => {
    const sink = await open();
    await sink.write(FIRST.step, FIRST.metrics, FIRST.atMs);
    await sink.finish('paused');
    const synced = sync();
    expect(synced.history).toHaveLength(1);
    expect(synced.complete).not.toBe(true);
  });
});

function rowOf(line: Readonly<Record<string, string>>): ReadRow {
  const { _step, _timestamp, _runtime, ...figures } = line;
  expect(Number(_runtime) * 1000).toBeCloseTo(Number(_timestamp) * 1000 - CREATED_AT_MS, 3);
  return {
    step: Number(_step),
    atMs: Math.round(Number(_timestamp) * 1000),
    metrics: Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number(value)])),
  };
}
