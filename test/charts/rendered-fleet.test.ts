/**
 * What the chart renders for a cluster without GPUs, run as plain processes: the commands, environment, files, ports and probes
 * are the ones of the pods. Kubernetes' part is played by the test: it starts again what ended, with the same volumes.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { singleRun } from '../../cli/pipeline/single-run.js';
import { compiledModule } from '../../core/runtime/package-root.js';
import { askProbe } from '../support/chart/ask-probe.js';
import { describeWithHelm } from '../support/chart/helm.js';
import type { Manifest } from '../support/chart/manifest.js';
import { PodProcess } from '../support/chart/pod-process.js';
import { RELEASE, renderedChart } from '../support/chart/rendered-chart.js';
import { podsOf } from '../support/chart/rendered-pod.js';
import { describeWithNats, NATS_EXECUTABLES } from '../support/nats-server.js';
import { writeSmallRunFile } from '../support/small-run-file.js';
import { useLastingFolder } from '../support/temporary-folder.js';

const PATIENCE_MS = 60_000;

jest.setTimeout(2 * PATIENCE_MS);

/** As small as a run can be that still moves its policy. */
const TINY = `model: { layers: 1, width: 32, heads: 2, vocabSize: 384, contextLength: 256 }
supervised: { steps: 20, sequencesPerStep: 8, learningRate: 1e-2, warmupSteps: 5 }
sampling: { maxNewTokens: 12, temperature: 0.9 }
preferences: { answersPerPrompt: 2, pairsPerPrompt: 2 }
rewardModel: { heads: 1, steps: 5, pairsPerStep: 8 }
algorithm: { iterations: 5, promptsPerIteration: 4, groupSize: 4, criticWarmupIterations: 0 }
watch: { canaryEvery: off, controlEvery: off, styleCorrelation: off }
`;
const PROGRAMS = {
  majlis: [process.execPath, compiledModule('cli/main')],
  'nats-server': [NATS_EXECUTABLES['2.14']],
};
/** A network of this process's own within the loopback network, so that pods have the ports that they are rendered with. */
const NETWORK = `127.${20 + (process.pid % 200)}.${(process.pid >> 8) % 250}`;
const WHERE = { nats: 10, coordinator: 11, rollout: 12 } as const;
const summarySchema = z.looseObject({
  arms: z.looseObject({ rubricA: z.looseObject({ policyHash: z.string() }) }),
});

describeWithHelm('the rendered fleet', () => {
  describeWithNats('2.14', 'as plain processes', () => {
    const folder = useLastingFolder();
    const fleet: PodProcess[] = [];

    afterAll(async () => {
      for (const pod of [...fleet].reverse()) await pod.stop('SIGKILL');
    });

    it('ends its run in the policy of a calm one, though a worker is drained and the coordinator killed', async () => {
      const inputs = join(folder(), 'coordinator-0/var/lib/majlis/inputs');
      mkdirSync(inputs, { recursive: true });
      const runFile = writeSmallRunFile(inputs, 'arabic');
      const shipped = readFileSync(runFile, 'utf8');
      writeFileSync(runFile, shipped.slice(0, shipped.indexOf('swap:')) + TINY);
      const nats = place('nats', 'nats-0', WHERE.nats);
      const coordinator = place('coordinator', 'coordinator-0', WHERE.coordinator);
      const [stays, leaves] = [0, 1].map((index) =>
        place('rollout', `worker-${index}`, WHERE.rollout + index),
      );
      if (stays === undefined || leaves === undefined) throw new Error('no workers');
      fleet.push(nats, coordinator, stays, leaves);
      for (const pod of fleet) pod.start();
      await passes('startupProbe', fleet, { restart: true });
      await coordinator.exec(['majlis', 'run', '/var/lib/majlis/inputs/run.yaml', '--queue']);
      await iterations(coordinator, 1);
      // At once, while there is much left to do: a run that had ended would not be gone on with.
      await coordinator.stop('SIGKILL');
      coordinator.start();
      await passes('readinessProbe', [coordinator]);
      await iterations(coordinator, 2);
      expect(await leaves.stop('SIGTERM')).toBe(0);
      leaves.start();

      await eventually('the run is done', fleet, async () =>
        (await scrape(coordinator)).some((line) =>
          /^majlis_run_state\{.*state="completed".*\} 1$/.test(line),
        ),
      );
      const runs = join(folder(), 'coordinator-0/var/lib/majlis/runs');
      const [run = ''] = readdirSync(runs);
      const path = join(runs, run, 'summary.json');
      await eventually('its summary is written', fleet, async () => existsSync(path));
      const summary = summarySchema.parse(JSON.parse(readFileSync(path, 'utf8')));
      // All leave by themselves when they are told to; 130 is how the coordinator says that it was told.
      const left = [stays, leaves, coordinator].map((pod) => pod.stop('SIGTERM'));
      expect(await Promise.all(left)).toEqual([0, 0, 130]);
      const calm = await singleRun({
        ...{ runFile, workspace: join(folder(), 'calm'), workers: 1, metrics: { metrics: [] } },
        onProgress: () => undefined,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      expect(summary.arms.rubricA.policyHash).toBe(calm.summary.arms['rubricA']?.policyHash);
    });

    /** A pod of the component, under this name, at this address of the network. */
    function place(component: string, name: string, host: number): PodProcess {
      const address = `${NETWORK}.${host}`;
      const manifests = renderedChart('no-gpu-values.yaml').map((manifest) => listeningAt(manifest, address));
      const pod = podsOf(manifests).find((candidate) => candidate.component === component);
      if (pod === undefined) throw new Error(`the chart renders no ${component}`);
      return new PodProcess(pod, {
        ...{ name, address, manifests, programs: PROGRAMS, folder: join(folder(), name) },
        services: {
          [`${RELEASE.name}-majlis-nats.${RELEASE.namespace}.svc`]: `${NETWORK}.${WHERE.nats}`,
          [`${RELEASE.name}-majlis-coordinator.${RELEASE.namespace}.svc`]: `${NETWORK}.${WHERE.coordinator}`,
        },
      });
    }
  });
});

/** nats-server listens on every address of its pod; here on the pod's one. */
function listeningAt(manifest: Manifest, address: string): Manifest {
  const conf = z.looseObject({ data: z.object({ 'nats.conf': z.string() }) }).safeParse(manifest);
  if (!conf.success) return manifest;
  const text = conf.data.data['nats.conf'].replace(/^http_port: (\d+)$/m, `http: "${address}:$1"`);
  return { ...manifest, data: { 'nats.conf': `host: "${address}"\n${text}` } };
}

/** With `restart` a pod that ends is started again, as a kubelet does: all are installed at once, in no order. */
function passes(
  kind: 'startupProbe' | 'readinessProbe',
  pods: readonly PodProcess[],
  { restart = false }: { readonly restart?: boolean } = {},
): Promise<void> {
  return eventually(`every ${kind} passes`, restart ? [] : pods, async () => {
    for (const pod of pods) if (restart && pod.hasEnded) pod.start();
    const passed = await Promise.all(pods.map((pod) => askProbe(pod, kind)));
    return passed.every(Boolean);
  });
}

/** Resolves once the coordinator tells of so many iterations on its rendered metrics port. */
function iterations(coordinator: PodProcess, count: number): Promise<void> {
  return eventually(`iteration ${count}`, [coordinator], async () =>
    (await scrape(coordinator)).some((line) => {
      const told = /^majlis_iterations_total\{.*\} (\d+)$/.exec(line)?.[1];
      return told !== undefined && Number(told) >= count;
    }),
  );
}

async function scrape(pod: PodProcess): Promise<string[]> {
  const port = pod.container.ports.find(({ name }) => name === 'metrics')?.containerPort;
  try {
    return (await (await fetch(`http://${pod.address}:${port}/metrics`)).text()).split('\n');
  } catch {
    return [];
  }
}

/** Asks until it holds; a pod that ended by itself meanwhile is told with what it said. */
async function eventually(
  what: string,
  pods: readonly PodProcess[],
  holds: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    for (const pod of pods) {
      const complaint = await pod.complaint();
      if (complaint !== undefined) throw new Error(complaint);
    }
    if (performance.now() > deadline) throw new Error(`not in ${PATIENCE_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
