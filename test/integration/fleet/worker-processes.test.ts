/**
 * A run whose answers come from rollout workers in processes of their own, over a real NATS server: one finds it by the
 * workspace, the other shows a token under TLS.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { singleRun } from '../../../cli/pipeline/single-run.js';
import { makeAuthority, makeLeaf, writeLeaf } from '../../support/certificates.js';
import { describeWithNats, startNatsServer } from '../../support/nats-server.js';
import type { NatsServer } from '../../support/nats-server.js';
import { writeSmallRunFile } from '../../support/small-run-file.js';
import { startTraceReceiver, type TraceReceiver } from '../../support/trace-receiver.js';
import { useLastingFolder } from '../../support/temporary-folder.js';
import { startMajlis } from '../cli/majlis-process.js';

const PATIENCE_MS = 60_000;

jest.setTimeout(PATIENCE_MS + 10_000);

/** As small as a run can be that still moves its policy. */
const TINY = `model: { layers: 1, width: 32, heads: 2, vocabSize: 384, contextLength: 256 }
supervised: { steps: 20, sequencesPerStep: 8, learningRate: 1e-2, warmupSteps: 5 }
sampling: { maxNewTokens: 12, temperature: 0.9 }
preferences: { answersPerPrompt: 2, pairsPerPrompt: 2 }
rewardModel: { heads: 1, steps: 5, pairsPerStep: 8 }
algorithm: { iterations: 4, promptsPerIteration: 4, groupSize: 4, criticWarmupIterations: 0 }
watch: { canaryEvery: off, controlEvery: off, styleCorrelation: off }
`;

describeWithNats('2.14', 'a run with rollout workers in processes of their own', () => {
  const folder = useLastingFolder();
  const started: ReturnType<typeof startMajlis>[] = [];
  let nats: NatsServer;
  let traces: TraceReceiver;

  beforeAll(async () => {
    nats = await startNatsServer();
    traces = await startTraceReceiver();
  });
  afterAll(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await nats.stop();
    await traces.close();
  });

  function start(...words: string[]): ReturnType<typeof startMajlis> {
    const place = [
      '--json',
      '--workspace',
      join(folder(), 'fleet'),
      '--bus',
      nats.url,
      '--trace',
      traces.url,
    ];
    const process = startMajlis([...words, ...place]);
    started.push(process);
    return process;
  }

  it('ends in the policy of the same run in one process, though a worker leaves in between', async () => {
    const runFile = join(folder(), 'run.yaml');
    const shipped = readFileSync(writeSmallRunFile(folder(), 'arabic'), 'utf8');
    writeFileSync(runFile, shipped.slice(0, shipped.indexOf('swap:')) + TINY);
    const stays = start('worker', 'rollout', '--name', 'stays');
    const run = start('run', runFile, '--workers', '1', ...writeTrust(folder()));
    const shown = ['--tls-ca', join(folder(), 'ca.crt'), '--token-file', join(folder(), 'worker.token')];
    const remote = ['--coordinator', await publicAddress(run.child), ...shown];
    const leaves = start('worker', 'rollout', '--name', 'leaves', '--drain-timeout', '20s', ...remote);
    void leaveAfterFirstIteration(run.child, leaves.child);
    const calm = await singleRun({
      ...{ runFile, workspace: join(folder(), 'calm'), workers: 1, metrics: { metrics: [] } },
      onProgress: () => undefined,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const fleet = await run.finished;
    stays.child.kill('SIGTERM');
    const [stayed, left] = [await stays.finished, await leaves.finished];
    expect({ ...fleet, stdout: '' }).toMatchObject({ status: 0 });
    const { arms } = JSON.parse(fleet.stdout) as { arms: Record<string, { policyHash: string }> };
    expect(arms.rubricA.policyHash).toBe(calm.summary.arms.rubricA?.policyHash);
    expect([stayed.status, left.status]).toEqual([0, 0]);
    const answered = [stayed, left].map(
      ({ stdout }) => (JSON.parse(stdout) as { answered: number }).answered,
    );
    expect(answered.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(16);
  });

  it('leaves one trace for each task, from its issue over NATS to a worker process and back to its reward', () => {
    const issued = traces.spans.filter(({ name, attributes }) => {
      return name === 'issue task' && attributes['majlis.task.issue'] === 1;
    });
    expect(issued).toHaveLength(16);
    for (const { traceId, spanId } of issued) {
      const spans = traces.spans.filter((span) => span.traceId === traceId);
      const named = (name: string) => spans.find((span) => span.name === name);
      expect(named('process rollout task')).toMatchObject({ service: 'majlis-worker', parentSpanId: spanId });
      expect(named('admit result')).toMatchObject({
        service: 'majlis-coordinator',
        parentSpanId: named('publish result')?.spanId,
      });
      expect(named('reward')).toMatchObject({ service: 'majlis-coordinator', parentSpanId: spanId });
    }
  });
});

/** A certificate, and a token for workers; the flags that serve other machines by them. */
function writeTrust(folder: string): string[] {
  const ours = makeAuthority('our CA');
  writeFileSync(join(folder, 'ca.crt'), ours.pem);
  const leaf = makeLeaf(ours, { commonName: 'c', names: ['IP:127.0.0.1'] });
  const { certificate, key } = writeLeaf(folder, 'server', leaf);
  writeFileSync(join(folder, 'worker.token'), 'the token of a pool, long');
  const tokens = join(folder, 'tokens.yaml');
  writeFileSync(tokens, 'tokens: [{ name: pool, role: worker, tokenFile: worker.token }]\n');
  return ['--listen', '127.0.0.1:0', '--tls-cert', certificate, '--tls-key', key, '--tokens', tokens];
}

/** Where a run says that it serves other machines. */
async function publicAddress({ stderr }: ReturnType<typeof startMajlis>['child']): Promise<string> {
  if (stderr === null) throw new Error('the run has no stderr');
  return new Promise((resolve, reject) => {
    let said = '';
    const read = (chunk: Buffer): void => {
      said += chunk.toString();
      const [, address] = /serving run control at (\S+)\n/.exec(said) ?? [];
      if (address !== undefined) resolve(address);
    };
    stderr.on('data', read);
    stderr.once('end', () => reject(new Error(said)));
  });
}

/** Tells a worker to stop once the run is in the middle of its iterations. */
async function leaveAfterFirstIteration(
  run: ReturnType<typeof startMajlis>['child'],
  worker: ReturnType<typeof startMajlis>['child'],
): Promise<void> {
  if (run.stderr === null) return;
  for await (const line of createInterface({ input: run.stderr })) {
    if (line.startsWith('PPO')) return void worker.kill('SIGTERM');
  }
}
