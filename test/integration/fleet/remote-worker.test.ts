/** A worker process of another machine: TLS and a token to attach and to fetch, an engine over HTTP to sample from. */
import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFleet } from '../../../cli/fleet/open-fleet.js';
import type { Fleet } from '../../../cli/fleet/fleet.js';
import { serveRunControl, type RunControlServer } from '../../../cli/control/serve-run-control.js';
import { openServerTrust, type ServerTrust } from '../../../cli/trust/server-trust-flags.js';
import { rolloutQueueNames, rolloutQueues } from '../../../core/bus/subjects.js';
import { WORKER_HEADER } from '../../../core/domain/worker.js';
import { MemoryLedger } from '../../../core/ledger/memory-ledger.js';
import { decodeRolloutResult, encodeRolloutTask } from '../../../core/rpc/rollout-codec.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { ProcessRegistry } from '../../../core/telemetry/metrics/process-registry.js';
import { RecordingLogger } from '../../../core/telemetry/recording-logger.js';
import { openChatTokenizer } from '../../../core/tokens/open-chat-tokenizer.js';
import { aPrompt, aTask } from '../../support/builders.js';
import { makeAuthority, makeLeaf, writeLeaf } from '../../support/certificates.js';
import { GenerationEndpoint, vllmRoutes } from '../../support/generation-endpoint.js';
import { chatmlFiles, writeDirectory } from '../../support/hugging-face-directory.js';
import { describeWithNats, startNatsServer } from '../../support/nats-server.js';
import type { NatsServer } from '../../support/nats-server.js';
import { until } from '../../support/until.js';
import { useLastingFolder } from '../../support/temporary-folder.js';
import { startMajlis } from '../cli/majlis-process.js';

const clock = systemClock;
const say = (): void => undefined;

describeWithNats('2.14', 'a worker process of another machine', () => {
  const folder = useLastingFolder();
  const path = (name: string): string => join(folder(), name);
  let nats: NatsServer;
  let trust: ServerTrust;
  let ledger: MemoryLedger;
  let fleet: Fleet;
  let control: RunControlServer;
  let engine: GenerationEndpoint;
  let worker: ReturnType<typeof startMajlis>;

  beforeAll(async () => {
    const ours = makeAuthority('our CA');
    writeFileSync(path('ca.crt'), ours.pem);
    const files = writeLeaf(
      folder(),
      'server',
      makeLeaf(ours, { commonName: 'c', names: ['DNS:localhost', 'IP:127.0.0.1'] }),
    );
    writeFileSync(path('worker.token'), 'the token of a pool, long');
    const tokens = [{ name: 'pool-gpu', role: 'worker', tokenFile: 'worker.token' }];
    writeFileSync(path('tokens.yaml'), JSON.stringify({ tokens }));
    trust = await openServerTrust(
      { tlsCert: files.certificate, tlsKey: files.key, tokens: path('tokens.yaml') },
      { clock, say },
    );
    nats = await startNatsServer();
    const listener = { host: '127.0.0.1', port: 0, ...trust };
    fleet = await openFleet(
      { bus: [nats.url], release: 'majlis', pool: 'default', healthHost: '127.0.0.1' },
      { folder: folder(), clock, logger: new RecordingLogger(), metrics: new ProcessRegistry(), listener },
    );
    ledger = new MemoryLedger(clock);
    const { registry, localToken: token } = fleet;
    control = await serveRunControl({
      ...{ ledger, workspaceFolder: folder(), clock, isAtWork: () => true, registry, token, listener },
    });
    engine = await GenerationEndpoint.open(vllmRoutes(path('base')));
  });
  afterAll(async () => {
    worker.child.kill('SIGKILL');
    await control.close();
    await fleet.close();
    await ledger.close();
    trust.close();
    await engine.close();
    await nats.stop();
  });

  it('fetches the policy, samples from its engine, and hands in its answers under the name of its token', async () => {
    const directory = await writeDirectory(path('policy'), chatmlFiles());
    writeFileSync(join(directory, 'model.safetensors'), 'weights');
    const policyHash = createHash('sha256').update('weights').digest('hex');
    const { hash: tokenizerHash } = await openChatTokenizer(directory);
    const engineFingerprint = `vllm 0.33.0, ${path('base')}`;
    fleet.registry.serve({ run: 'run', engineFingerprint, tokenizerHash, contextLength: 64 });
    for (const queue of rolloutQueues('default')) await fleet.bus.declareQueue(queue);
    await fleet.policiesOf('run').announce({ version: 1, hash: policyHash, location: directory });
    // The worker sees no folder of the coordinator.
    renameSync(directory, path('hidden'));
    worker = startMajlis([
      ...['worker', 'rollout', '--json', '--bus', nats.url, '--name', 'w', '--workspace', path('elsewhere')],
      ...['--coordinator', control.publicAddress ?? '', '--tls-ca', path('ca.crt')],
      ...['--token-file', path('worker.token'), '--engine', engine.baseUrl, '--policies', path('fetched')],
    ]);
    const { tasks, results } = rolloutQueueNames('default');
    const prompt = { ...aPrompt(), tokenizerHash };
    const data = encodeRolloutTask(aTask({ policyVersion: 1, policyHash, prompt }));
    await fleet.bus.publish(tasks, { run: 'run', dedupeId: 'task-0', data });
    const [result] = await fleet.bus.pull(results, { max: 1, waitMs: 30_000 });
    expect(decodeRolloutResult(result.data)).toMatchObject({
      kind: 'answered',
      group: { trajectories: [{ tokenIds: [7, 7, 7, 7] }, { tokenIds: [7, 7, 7, 7] }] },
    });
    expect(result.headers[WORKER_HEADER]).toMatch(/^w [\w-]{22}$/);
    expect(engine.sent('POST /collective_rpc')).toMatchObject([
      { kwargs: { weights_path: join(path('fetched'), policyHash) } },
    ]);
    await until('its heartbeat says what it holds', () =>
      fleet.registry.status().workers.some((one) => one.policyHash === policyHash && one.held.length === 0),
    );
    expect(fleet.registry.status().workers).toMatchObject([{ worker: 'pool-gpu/w', engineFingerprint }]);
    await result.ack();
    worker.child.kill('SIGTERM');
    const { status, stdout, stderr } = await worker.finished;
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('attached') });
    expect(JSON.parse(stdout)).toEqual({ worker: 'w', answered: 1, returned: 0 });
  });
});
