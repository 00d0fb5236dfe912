import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openMetricsPlan, openRunMetrics } from '../../../../cli/pipeline/run-metrics.js';
import type { MetricsPlan } from '../../../../cli/pipeline/run-metrics.js';
import { ProcessRegistry } from '../../../../core/telemetry/metrics/process-registry.js';
import { RecordingLogger } from '../../../../core/telemetry/recording-logger.js';
import { LoopRig } from '../../../support/loop-rig.js';
import { systemClock } from '../../../../core/runtime/clock.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

async function finished(iterations: number): Promise<LoopRig> {
  const rig = new LoopRig({ algorithm: { iterations } });
  await rig.play();
  return rig;
}

describe("a run's metrics", () => {
  const folder = useTemporaryFolder();

  async function opened(rig: LoopRig, plan: MetricsPlan): ReturnType<typeof openRunMetrics> {
    const { ledger, run } = rig;
    const services = { ledger, clock: systemClock, logger: new RecordingLogger() };
    return openRunMetrics(services, { runId: run, directory: folder(), metrics: plan });
  }

  function steps(): number[] {
    const lines = readFileSync(join(folder(), 'metrics.jsonl'), 'utf8').trim().split('\n');
    return lines.map((line) => (JSON.parse(line) as { step: number }).step);
  }

  it('begin with what the ledger has, and go on with each iteration once', async () => {
    const rig = await finished(3);
    const metrics = await opened(rig, { kinds: ['jsonl'] });
    // A run that goes on from its checkpoint repeats what the ledger has.
    metrics.write(2, { 'objective/kl': 1 }, 1);
    metrics.write(3, { 'objective/kl': 2 }, 2);
    await metrics.finish();
    expect(steps()).toEqual([0, 1, 2, 3]);
    const again = await opened(rig, { kinds: ['jsonl'] });
    again.write(4, { 'objective/kl': 3 }, 3);
    await again.finish();
    expect(steps()).toEqual([0, 1, 2, 3, 4]);
  });

  it('are of a run that the ledger knows', async () => {
    await expect(opened(new LoopRig(), { kinds: ['jsonl'] })).rejects.toThrow('run run is not in the ledger');
  });

  it('go to JSON lines and TensorBoard, and open no port, unless somebody asks', async () => {
    const { plan, url, close } = await openMetricsPlan({}, new ProcessRegistry());
    expect(plan).toEqual({ kinds: ['jsonl', 'tensorboard'] });
    expect(url).toBeUndefined();
    await close();
  });

  it.each([{ metricsPort: 0 }, { metrics: ['prometheus' as const] }])(
    'are offered to scrapes: %j',
    async (choice) => {
      const { plan, url, close } = await openMetricsPlan(choice, new ProcessRegistry());
      try {
        const metrics = await opened(await finished(1), { ...plan, kinds: ['prometheus'] });
        const page = await (await fetch(url ?? '')).text();
        expect(page).toMatch(/^majlis_objective_kl_nats\{.*run="run".*\} 0$/m);
        await metrics.finish();
      } finally {
        await close();
      }
      await expect(fetch(url ?? '')).rejects.toThrow();
    },
  );
});
