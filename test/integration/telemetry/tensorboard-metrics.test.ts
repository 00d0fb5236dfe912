import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metrics } from '../../../core/telemetry/metrics/metrics-sink.js';
import { openTensorboardMetrics } from '../../../core/telemetry/metrics/tensorboard-metrics.js';
import { describeMetricsSink, FIRST, SECOND } from '../../contract/metrics-sink.contract.js';
import type { ReadRow } from '../../contract/metrics-sink.contract.js';
import { describeWithPython, runPython } from '../../support/python.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

interface ReadEvents {
  readonly scalars: readonly {
    readonly tag: string;
    readonly step: number;
    readonly wallTime: number;
    readonly value: string;
  }[];
  readonly descriptions: Readonly<Record<string, string>>;
  readonly version: number;
}

function readEvents(folder: string): ReadEvents {
  return JSON.parse(runPython(join(__dirname, 'read-events.py'), [folder])) as ReadEvents;
}

function rowsOf({ scalars }: ReadEvents): readonly ReadRow[] {
  const steps = [...new Set(scalars.map(({ step }) => step))].sort((a, b) => a - b);
  return steps.map((step) => {
    const own = scalars.filter((scalar) => scalar.step === step);
    const metrics: Metrics = Object.fromEntries(own.map(({ tag, value }) => [tag, Number(value)]));
    // A step that was written twice would show as a tag that occurs twice.
    expect(own).toHaveLength(Object.keys(metrics).length);
    return { step, atMs: Math.round(own[0].wallTime * 1000), metrics };
  });
}

describeWithPython('TensorBoard, given event files', () => {
  const folder = useTemporaryFolder();
  const events = (): string => join(folder(), 'tensorboard');

  describeMetricsSink('the TensorBoard sink', async () => ({
    open: () => openTensorboardMetrics(folder()),
    read: async () => rowsOf(readEvents(events())),
  }));

  it('shows what a figure means, and finds the version of the format', async () => {
    const sink = await openTensorboardMetrics(folder());
    await sink.write(FIRST.step, FIRST.metrics, FIRST.atMs);
    const read = readEvents(events());
    expect(read.descriptions['objective/kl']).toContain('KL of the policy');
    expect(read.version).toBe(2);
  });

  it('reads on past a record that a dead process left torn', async () => {
    const sink = await openTensorboardMetrics(folder());
    await sink.write(FIRST.step, FIRST.metrics, FIRST.atMs);
    const [name] = await readdir(events());
    await appendFile(join(events(), name), Buffer.from([40, 0, 0, 0, 0, 0, 0, 0, 1, 2]));
    const next = await openTensorboardMetrics(folder());
    await next.write(FIRST.step, FIRST.metrics, FIRST.atMs);
    await next.write(SECOND.step, SECOND.metrics, SECOND.atMs);
    expect(await readdir(events())).toHaveLength(2);
    expect(rowsOf(readEvents(events()))).toEqual([FIRST, SECOND]);
  });

  it('leaves no file where there is nothing new', async () => {
    await (await openTensorboardMetrics(folder())).finish('completed');
    expect(await readdir(events())).toEqual([]);
  });

  it('names files in the order of their steps, also within one second or when the clock went back', async () => {
    const created: string[] = [];
    for (const [step, atMs] of [10_000, 10_400, 4000].entries()) {
      await (await openTensorboardMetrics(folder())).write(step, { lr: step }, atMs);
      created.push(...(await readdir(events())).filter((name) => !created.includes(name)));
    }
    expect(created).toHaveLength(3);
    expect(created).toEqual(created.toSorted());
    expect(rowsOf(readEvents(events())).map(({ metrics }) => metrics.lr)).toEqual([0, 1, 2]);
  });
});
