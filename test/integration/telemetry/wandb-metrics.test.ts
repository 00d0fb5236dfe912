import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
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
    // The server hears neither that the run is complete nor that it failed.
    expect([synced.complete, synced.exitCode]).toEqual([null, null]);
  });

  it('finds every step of a run of many blocks', async () => {
    const sink = await open();
    const names = Array.from({ length: 40 }, (_, at) => `objective/a-name-of-some-length-${at}`);
    const steps = Array.from({ length: 150 }, (_, step) => step);
    for (const step of steps) {
      const metrics = Object.fromEntries(names.map((name, at) => [name, step / 64 + at]));
      await sink.write(step, metrics, CREATED_AT_MS + step);
    }
    await sink.finish('completed');
    expect((await readFile(file())).length).toBeGreaterThan(10 * 32_768);
    const rows = sync().history.map(rowOf);
    expect(rows.map(({ step }) => step)).toEqual(steps);
    expect(rows[149].metrics[names[39]]).toBe(149 / 64 + 39);
  });

  it('goes on at a record that a dead process left torn, wherever it is torn', async () => {
    await (await open()).write(FIRST.step, FIRST.metrics, FIRST.atMs);
    const whole = await readFile(file());
    await (await open()).write(SECOND.step, SECOND.metrics, SECOND.atMs);
    const { length } = await readFile(file());
    for (const size of [length - 1, whole.length + 30, whole.length - 200, 60, 7, 3, 0]) {
      await truncate(file(), size);
      const sink = await open();
      await sink.write(FIRST.step, FIRST.metrics, FIRST.atMs);
      await sink.write(SECOND.step, SECOND.metrics, SECOND.atMs);
    }
    expect(sync().history.map(rowOf)).toEqual([FIRST, SECOND]);
  });

  it('offers a run that went on to the next sync', async () => {
    const first = await open();
    await first.write(FIRST.step, FIRST.metrics, FIRST.atMs);
    await first.finish('paused');
    sync();
    expect(await readdir(runFolder())).toContain(`run-${ID}.wandb.synced`);
    await (await open()).write(SECOND.step, SECOND.metrics, SECOND.atMs);
    expect(sync().history.map(rowOf)).toEqual([FIRST, SECOND]);
  });

  it('uploads a run whose id W&B would not take under one of its own', async () => {
    const sink = await openWandbMetrics({ ...MEASURED_RUN, id: 'a run: عربي/1' }, folder());
    await sink.write(FIRST.step, FIRST.metrics, FIRST.atMs);
    const [name] = await readdir(join(folder(), 'wandb'));
    const synced = sync(join(folder(), 'wandb', name));
    expect(synced.run).toMatchObject({ displayName: 'a run: عربي/1' });
    expect(synced.run['name']).toMatch(/^a-run-------1-[0-9a-f]{8}$/);
    expect(synced.history.map(rowOf)).toEqual([FIRST]);
  });

  it('leaves a file alone that is none of its own', async () => {
    await (await open()).finish('paused');
    await writeFile(file(), 'somebody else wrote this');
    await expect(open()).rejects.toMatchObject({ code: 'data_loss' });
    expect(await readFile(file(), 'utf8')).toBe('somebody else wrote this');
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
