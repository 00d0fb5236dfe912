/** What the process that owns a workspace tells of its pools, over its real gRPC server: to `majlis top` and to KEDA. */
import { credentials } from '@grpc/grpc-js';
import type { Metadata } from '@grpc/grpc-js';
import { runTop } from '../../../cli/commands/top/run-top.js';
import { readCoordinatorFile } from '../../../cli/control/coordinator-file.js';
import { serveRunControl, type RunControlServer } from '../../../cli/control/serve-run-control.js';
import { MemoryBus } from '../../../core/bus/memory-bus.js';
import { rolloutQueues } from '../../../core/bus/subjects.js';
import { MajlisError } from '../../../core/errors.js';
import { MemoryLedger } from '../../../core/ledger/memory-ledger.js';
import { bearerMetadata } from '../../../core/rpc/bearer-token.js';
import { fromGrpcStatus } from '../../../core/rpc/status.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { poolStatuses } from '../../../coordinator/demand/pool-status.js';
import { RunDemand } from '../../../coordinator/demand/run-demand.js';
import { WorkerRegistry } from '../../../coordinator/fleet/worker-registry.js';
import { ExternalScalerClient } from '../../../proto/gen/externalscaler/externalscaler.js';
import { FakeClock } from '../../support/fake-clock.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

const folder = useTemporaryFolder();
const clock = systemClock;

let ledger: MemoryLedger;
let bus: MemoryBus;
let server: RunControlServer;
let drawn: string[][];
let isBusAway: boolean;
let stop: AbortController;

beforeEach(async () => {
  ledger = new MemoryLedger(clock);
  bus = new MemoryBus(clock);
  drawn = [];
  isBusAway = false;
  stop = new AbortController();
  const run = { id: 'r1', name: 'first', seed: 1, config: '{}', configHash: 'c', fingerprints: {} };
  await ledger.createRun(run);
  await ledger.setRunState('r1', 'running');
  for (const queue of rolloutQueues('gpu')) await bus.declareQueue(queue);
  const deadlineMs = 1;
  await ledger.issueTasks('r1', [
    { id: 'a', iteration: 0, issue: 1, deadlineMs },
    { id: 'b', iteration: 0, issue: 1, deadlineMs },
  ]);
  for (const dedupeId of ['a', 'b']) {
    await bus.publish('tasks.gpu', { run: 'r1', dedupeId, data: new Uint8Array(1) });
  }
  await bus.pull('tasks.gpu', { max: 1, waitMs: 0 });
  const demand = new RunDemand(ledger);
  demand.begin({ run: 'r1', pool: 'gpu', window: 4, perIteration: 4, iterations: 3, finished: 0 });
  const registry = new WorkerRegistry({ pool: 'gpu', epoch: 1, clock: new FakeClock() });
  const hello = { worker: 'w0', pool: 'gpu', engineFingerprint: 'f', deterministic: true, slots: 2 };
  registry.attach(hello, () => undefined);
  server = await serveRunControl({
    ...{ ledger, clock, registry, demand, workspaceFolder: folder(), isAtWork: () => true },
    pools: async () => {
      if (isBusAway) throw new MajlisError('the bus cannot be reached', { code: 'unavailable' });
      return poolStatuses({ bus, ledger, demand });
    },
  });
});

afterEach(async () => {
  await server.close();
  await ledger.close();
});

/** One second of the screen passes at each look. */
function session(isLive: boolean, looks = Infinity) {
  const terminal = {
    isLive,
    print: () => undefined,
    say: () => undefined,
    redraw: (lines: readonly string[]) => drawn.push([...lines]),
  };
  const sleep = async (): Promise<void> => {
    if (drawn.length < looks) return;
    stop.abort();
    stop.signal.throwIfAborted();
  };
  return { terminal, clock: { ...clock, sleep }, signal: stop.signal };
}

describe('majlis top', () => {
  it('tells runs, workers and queues as the process has them', async () => {
    const { json, text } = await runTop({ workspace: folder(), once: true }, session(true));
    expect(json).toMatchObject({
      over: 'process',
      runs: [{ id: 'r1', state: 'running', iterations: 0 }],
      workers: [{ worker: 'w0', pool: 'gpu', slots: 2, state: 'INITIALIZED', held: [] }],
      pools: [
        {
          ...{ pool: 'gpu', demand: 4, outstanding: 2 },
          queues: { tasksPending: 1, tasksLeased: 1, resultsPending: 0, deadLetters: 0 },
        },
      ],
    });
    expect(text).toMatch(/^r1 +running/m);
    expect(text).toMatch(/^gpu +4 +2 +1 +1 +0 +0$/m);
    expect(drawn).toEqual([]);
  });

  it('still tells runs and workers while the bus is away, and why it cannot tell the queues', async () => {
    isBusAway = true;
    const { json } = await runTop({ workspace: folder(), once: true }, session(false));
    expect(json).toMatchObject({ runs: [{}], workers: [{}], poolsUnknown: 'the bus cannot be reached' });
    expect(json).not.toHaveProperty('pools');
  });

  it('looks once where there is no screen', async () => {
    const { text } = await runTop({ workspace: folder(), once: false }, session(false));
    expect(text).toContain('queues');
    expect(drawn).toEqual([]);
  });

  it('redraws until it is stopped, and leaves the last look as its result', async () => {
    const { text } = await runTop({ workspace: folder(), once: false }, session(true, 3));
    expect(drawn).toHaveLength(4);
    expect(drawn[2].join('\n')).toBe(text);
    expect(drawn[3]).toEqual([]);
  });
});

describe('the external scaler of a process', () => {
  it('answers whoever may read, and nobody else', async () => {
    const file = await readCoordinatorFile(folder());
    const client = new ExternalScalerClient(server.address, credentials.createInsecure());
    const isActive = (metadata: Metadata): Promise<boolean> =>
      new Promise((resolve, reject) => {
        const reference = { name: 'n', namespace: 'n', scalerMetadata: { pool: 'gpu' } };
        client.isActive(reference, metadata, (error, response) => {
          if (error === null) resolve(response.result);
          else reject(fromGrpcStatus(error));
        });
      });
    try {
      expect(await isActive(bearerMetadata(file?.token ?? ''))).toBe(true);
      await expect(isActive(bearerMetadata('another'))).rejects.toMatchObject({ code: 'unauthenticated' });
    } finally {
      client.close();
    }
  });
});
