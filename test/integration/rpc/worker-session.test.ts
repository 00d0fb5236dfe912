/** Workers attached to a real gRPC server: what each side is told, and what becomes of work when a side goes. */
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:http2';
import type { ServiceError } from '@grpc/grpc-js';
import { credentials, status as GrpcStatus } from '@grpc/grpc-js';
import { FleetPolicies } from '../../../coordinator/fleet/fleet-policies.js';
import { WorkerRegistry } from '../../../coordinator/fleet/worker-registry.js';
import { LedgerRunControl } from '../../../coordinator/control/ledger-run-control.js';
import { coordinatorService } from '../../../coordinator/rpc/coordinator-service.js';
import { MemoryBus } from '../../../core/bus/memory-bus.js';
import { rolloutQueueNames, rolloutQueues } from '../../../core/bus/subjects.js';
import { WORKER_HEADER } from '../../../core/domain/worker.js';
import type { FleetStatus } from '../../../core/domain/worker.js';
import type { MajlisError } from '../../../core/errors.js';
import { MemoryLedger } from '../../../core/ledger/memory-ledger.js';
import { bearerMetadata } from '../../../core/rpc/bearer-token.js';
import {
  fleetFromMessage,
  heartbeatToMessage,
  workerHelloToMessage,
} from '../../../core/rpc/convert-worker.js';
import { encodeRolloutTask } from '../../../core/rpc/rollout-codec.js';
import { startRpcServer } from '../../../core/rpc/server.js';
import { fromGrpcStatus } from '../../../core/rpc/status.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { authorizeBy, digestOf } from '../../../core/trust/authorize.js';
import type { Authorize, KnownToken } from '../../../core/trust/authorize.js';
import {
  AttachWorkerRequest,
  CoordinatorServiceClient,
  CoordinatorServiceService,
} from '../../../proto/gen/majlis/v1/coordinator.js';
import { attachToCoordinator } from '../../../workers/rollout/rpc/attach-to-coordinator.js';
import { RolloutWorker } from '../../../workers/rollout/rollout-worker.js';
import { AnnouncedPolicies } from '../../../workers/rollout/session/announced-policies.js';
import { FleetWorker } from '../../../workers/rollout/session/fleet-worker.js';
import { aTask } from '../../support/builders.js';
import { FakeEngine } from '../../support/fake-engine.js';
import { until } from '../../support/until.js';
import type { PublishedModels } from '../../support/unigram-model.js';

const queues = rolloutQueueNames('default');
const NEEDS = { run: 'run', engineFingerprint: 'fake/1', tokenizerHash: 'tokenizer', contextLength: 8 };

interface Office {
  readonly registry: WorkerRegistry;
  readonly policies: FleetPolicies;
  readonly address: string;
  close(): Promise<void>;
}

const published: PublishedModels = new Map();
const open: { close(): Promise<void> }[] = [];
let bus: MemoryBus;
let address: string;

beforeEach(async () => {
  bus = new MemoryBus(systemClock);
  for (const queue of rolloutQueues('default')) await bus.declareQueue(queue);
});

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  await bus.close();
});

async function office(epoch = 1, hasFleet = true, authorize?: Authorize): Promise<Office> {
  const registry = new WorkerRegistry({
    ...{ pool: 'default', epoch, clock: systemClock, heartbeatIntervalMs: 20_000 },
  });
  const control = new LedgerRunControl({
    ledger: new MemoryLedger(systemClock),
    clock: systemClock,
    isAtWork: () => false,
    describeRubric: async () => Promise.reject(new Error('unused')),
    placeRubric: async () => Promise.reject(new Error('unused')),
  });
  const stopping = new AbortController();
  const service = coordinatorService({
    ...{ control, software: 'test', stopping: stopping.signal },
    ...(hasFleet ? { registry } : {}),
  });
  const asking = authorize === undefined ? {} : { authorize };
  const server = await startRpcServer({ services: [service], graceMs: 100, ...asking });
  address = server.address;
  const opened = {
    registry,
    policies: new FleetPolicies({ run: 'run', registry }),
    address: server.address,
    close: async () => {
      stopping.abort();
      await server.close();
      registry.close();
    },
  };
  open.push(opened);
  return opened;
}

class Worker {
  readonly engine = new FakeEngine(published);
  readonly located: string[] = [];
  beforeLocated = async (): Promise<void> => undefined;
  readonly policies = new AnnouncedPolicies({
    store: {
      directoryOf: async ({ policy }) => {
        this.located.push(policy.hash);
        await this.beforeLocated();
        return policy;
      },
    },
    clock: systemClock,
  });
  readonly worker: RolloutWorker;
  readonly fleet: FleetWorker;
  readonly lost: string[] = [];
  readonly running: Promise<void>;

  constructor(
    readonly name: string,
    contextLength = 64,
    sealDigest?: string,
  ) {
    this.worker = new RolloutWorker({
      ...{ name, bus, queues, engine: this.engine, policies: this.policies, clock: systemClock },
      decoderOf: async () => ({ hash: 'tokenizer', decodeAnswer: (ids) => ({ text: [...ids].join(' ') }) }),
      ...{ slots: 1, heartbeatMs: 5000, retryDelayMs: 10 },
      observer: { loadChanged: () => this.fleet.loadChanged() },
    });
    this.fleet = new FleetWorker({
      ...{ worker: this.worker, policies: this.policies, clock: systemClock, drainLimitMs: 1000 },
      hello: {
        ...{ worker: name, pool: 'default', engineFingerprint: 'fake/1', deterministic: true },
        ...{ slots: 1, contextLength, ...(sealDigest === undefined ? {} : { sealDigest }) },
      },
      open: attachToCoordinator(async () => ({ address }), 'test'),
      onLost: ({ message }) => this.lost.push(message),
    });
    this.running = this.fleet.run();
    this.running.catch(() => undefined);
    open.push({ close: async () => this.leave() });
  }

  async leave(): Promise<void> {
    this.fleet.drain(0);
    await this.running.catch(() => undefined);
  }
}

async function announce({ policies }: Office, version: number): Promise<void> {
  const location = `dir-${version}`;
  published.set(location, { logits: Float64Array.from([0, version, 0, 0]) });
  await policies.announce({ version, hash: `policy-${version}`, location });
}

async function issue(id: string, version = 0): Promise<void> {
  const data = encodeRolloutTask(aTask({ id, policyVersion: version, policyHash: `policy-${version}` }));
  await bus.publish(queues.tasks, { run: 'run', dedupeId: id, data });
}

async function listed(): Promise<FleetStatus> {
  const client = new CoordinatorServiceClient(address, credentials.createInsecure());
  try {
    return await new Promise<FleetStatus>((resolve, reject) => {
      client.listWorkers({}, (error, response) =>
        error === null ? resolve(fleetFromMessage(response)) : reject(fromGrpcStatus(error)),
      );
    });
  } finally {
    client.close();
  }
}

/** What a stream of these messages ends with. */
async function refusalOfMessages(messages: readonly AttachWorkerRequest[]): Promise<MajlisError> {
  const client = new CoordinatorServiceClient(address, credentials.createInsecure());
  const stream = client.attachWorker();
  const failure = new Promise<ServiceError>((resolve) => stream.on('error', resolve));
  stream.on('data', () => undefined);
  for (const message of messages) stream.write(message);
  const error = fromGrpcStatus(await failure);
  client.close();
  return error;
}

const HELLO = workerHelloToMessage(
  {
    ...{ worker: 'w', pool: 'default', engineFingerprint: 'fake/1', deterministic: true, slots: 1 },
  },
  'test',
);

function workersToken(name: string): KnownToken {
  return { name, role: 'worker', sha256: digestOf(`token of ${name}`) };
}

/** A message as gRPC frames it on HTTP/2: not compressed, its length, its bytes. */
function framed(request: AttachWorkerRequest): Buffer {
  const bytes = AttachWorkerRequest.encode(request).finish();
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

const BEAT = heartbeatToMessage({ state: 'RUNNING', held: [] });

describe('a worker session over gRPC', () => {
  it('takes no task before it holds the announced policy, then answers and says so', async () => {
    const here = await office();
    here.registry.serve(NEEDS);
    const one = new Worker('one');
    await issue('a');
    await until('the worker is attached', async () => (await listed()).workers.length === 1);
    expect(one.fleet.notReady).toBe('no policy was announced yet');
    expect((await bus.status(queues.tasks)).pending).toBe(1);
    await announce(here, 0);
    const [result] = await bus.pull(queues.results, { max: 1, waitMs: 5000 });
    expect(result.headers[WORKER_HEADER]).toBe('one');
    expect(one.fleet.notReady).toBeUndefined();
    await until('the coordinator knows that it is ready and idle', async () => {
      const [status] = (await listed()).workers;
      return status.isReady && status.held.length === 0 && status.policyHash === 'policy-0';
    });
    const late = new Worker('late');
    await until('who attaches later has the policy too', () => late.worker.policyHash === 'policy-0');
    expect((await listed()).workers.map(({ worker, state }) => [worker, state])).toEqual([
      ['late', 'RUNNING'],
      ['one', 'RUNNING'],
    ]);
  });

  it('leaves a name to the worker that has it, and gives it to the next once that one has gone', async () => {
    await office();
    const first = new Worker('same', 64, 'a'.repeat(64));
    await until('the first is attached', async () => (await listed()).workers.length === 1);
    const second = new Worker('same', 64, 'b'.repeat(64));
    await until('the second was told', () => second.lost.length > 0);
    expect(second.lost[0]).toMatch(/^another worker is called same, attached since \d/);
    expect([first.lost, (await listed()).refused]).toEqual([[], { name_taken: expect.any(Number) }]);
    await first.leave();
    await until('the second is attached', async () => (await listed()).workers.length === 1);
  });

  it('loads the newest policy next, of all that were announced while it loaded one', async () => {
    const here = await office();
    here.registry.serve(NEEDS);
    for (let version = 0; version < 4; version += 1) await announce(here, version);
    const one = new Worker('one');
    one.beforeLocated = () => until('all is heard', () => one.policies.current?.policy.hash === 'policy-3');
    await until('it is ready', () => one.fleet.notReady === undefined);
    expect(one.located).toEqual(['policy-0', 'policy-3']);
  });

  it('ranks a busy worker after an idle one; a busy one that is removed hands its task to the other at once', async () => {
    const here = await office();
    here.registry.serve(NEEDS);
    await announce(here, 0);
    const busy = new Worker('busy');
    const never = new Promise<void>(() => undefined);
    busy.engine.beforeGenerate = () => never;
    await issue('a');
    await until('it holds the task', () => busy.worker.held.length === 1);
    const idle = new Worker('idle');
    await until('both are listed', async () => {
      const { workers } = await listed();
      return workers.length === 2 && workers.some(({ held }) => held.length === 1);
    });
    const { workers } = await listed();
    // On a machine that is busy itself, seconds pass here.
    expect(
      workers.map(({ worker, removalRank, removalCost }) => [worker, removalRank, removalCost >= 10]),
    ).toEqual([
      ['idle', 0, false],
      ['busy', 1, true],
    ]);
    busy.fleet.drain(0);
    await busy.running;
    expect(busy.worker.state).toBe('DRAINED');
    const [result] = await bus.pull(queues.results, { max: 1, waitMs: 5000 });
    expect(result.headers[WORKER_HEADER]).toBe('idle');
    expect(idle.engine.requests).toHaveLength(1);
    await until('it is off the list', async () => (await listed()).workers.length === 1);
  });

  it('obeys pause, resume and drain', async () => {
    const here = await office();
    here.registry.serve(NEEDS);
    await announce(here, 0);
    const one = new Worker('one');
    await until('it is ready', () => one.fleet.notReady === undefined);
    here.registry.pause('the run stands');
    await until('it heard', () => one.fleet.notReady === 'the run stands');
    await issue('a');
    here.registry.resume();
    const [result] = await bus.pull(queues.results, { max: 1, waitMs: 5000 });
    expect(result.attempt).toBe(1);
    here.registry.drain('one', 'scaled down');
    await one.running;
    expect(one.worker.state).toBe('DRAINED');
  });

  it('goes on without a coordinator, and finds the next one, whose announcements it hears', async () => {
    const first = await office(1);
    first.registry.serve(NEEDS);
    await announce(first, 0);
    const one = new Worker('one');
    await until('it is ready', () => one.fleet.notReady === undefined);
    await first.close();
    open.splice(open.indexOf(first), 1);
    await issue('a');
    const [result] = await bus.pull(queues.results, { max: 1, waitMs: 5000 });
    expect(result.headers[WORKER_HEADER]).toBe('one');
    const second = await office(2);
    second.registry.serve(NEEDS);
    await announce(second, 1);
    await until('it holds the new policy', () => one.worker.policyHash === 'policy-1');
    expect(one.lost.length).toBeGreaterThan(0);
  });

  it('ends a worker that the run cannot use with the one sentence that says why', async () => {
    const here = await office();
    here.registry.serve(NEEDS);
    const short = new Worker('short', 4);
    await expect(short.running).rejects.toMatchObject({
      code: 'failed_precondition',
      message: 'worker short takes up to 4 tokens a sequence, run run needs 8',
    });
    expect((await listed()).refused).toEqual({ context: 1 });
  });

  it.each([
    ['a heartbeat before the hello', [{ message: { $case: 'heartbeat', value: BEAT } }], 'a hello first'],
    ['nothing', [{ message: undefined }], 'a hello or a heartbeat'],
    [
      'a second hello',
      [{ message: { $case: 'hello', value: HELLO } }, { message: { $case: 'hello', value: HELLO } }],
      'found a second hello; allowed: heartbeats',
    ],
    [
      'no slots',
      [{ message: { $case: 'hello', value: { ...HELLO, slots: 0 } } }],
      'message majlis.v1.WorkerHello at slots: found 0',
    ],
    [
      'a protocol that nobody speaks',
      [
        {
          message: {
            $case: 'hello',
            value: { ...HELLO, hello: { protocol: { minimum: 7, maximum: 9 }, software: 'x' } },
          },
        },
      ],
      'no common protocol version',
    ],
  ])('refuses %s, and serves on', async (_what, messages, sentence) => {
    await office();
    const error = await refusalOfMessages(messages as unknown as AttachWorkerRequest[]);
    expect(error.message).toContain(sentence);
    expect((await listed()).refused).toEqual({});
  });

  it('lets a worker go that does not read, before what it is told fills the memory', async () => {
    const { registry } = await office();
    // A gRPC client would read ahead.
    const session = connect(`http://${address}`);
    const path = CoordinatorServiceService.attachWorker.path;
    const headers = { 'content-type': 'application/grpc', te: 'trailers' };
    const stream = session.request({ ':method': 'POST', ':path': path, ...headers });
    stream.write(framed({ message: { $case: 'hello', value: HELLO } }));
    await until('it is attached', () => registry.status().workers.length === 1);
    const location = 'd'.repeat(20_000);
    for (let version = 0; version < 200; version += 1) {
      const policy = { version, hash: `p${version}`, location };
      registry.announce({ run: 'r', policy, oldestVersion: 0 });
      // As long as the connection takes it, it goes out.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const status = once(stream, 'trailers').then(
      ([trailers]) => (trailers as IncomingHttpHeaders)['grpc-status'],
    );
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => (bytes += chunk.length));
    expect(await status).toBe(String(GrpcStatus.RESOURCE_EXHAUSTED));
    expect(bytes).toBeLessThan(100 * location.length);
    stream.end();
    session.destroy();
  });

  it('names a worker by the token that it shows, so that none takes the place of another', async () => {
    const known = { tokens: ['a', 'b'].map(workersToken), certificates: [] };
    const { registry } = await office(
      1,
      true,
      authorizeBy(() => known),
    );
    const client = new CoordinatorServiceClient(address, credentials.createInsecure());
    const hello: AttachWorkerRequest = { message: { $case: 'hello', value: { ...HELLO, worker: 'a/w' } } };
    for (const token of ['a', 'b']) {
      const stream = client.attachWorker(bearerMetadata(`token of ${token}`));
      stream.on('error', () => undefined);
      stream.write(hello);
      await new Promise((resolve) => stream.once('data', resolve));
    }
    expect(registry.status().workers.map(({ worker }) => worker)).toEqual(['a/w', 'b/a/w']);
    client.close();
  });

  it('tells a worker of a process that has no fleet how to start one', async () => {
    await office(1, false);
    const error = await refusalOfMessages([{ message: { $case: 'hello', value: HELLO } }]);
    expect(error).toMatchObject({ code: 'unimplemented', message: expect.stringContaining('--bus') });
  });
});
