/** KEDA's questions over a real gRPC server, with the client that its .proto generates. */
import { credentials } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { MemoryLedger } from '../../../core/ledger/memory-ledger.js';
import { startRpcServer } from '../../../core/rpc/server.js';
import type { RpcServer } from '../../../core/rpc/server.js';
import { fromGrpcStatus } from '../../../core/rpc/status.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { RunDemand } from '../../../coordinator/demand/run-demand.js';
import { externalScalerService } from '../../../coordinator/rpc/external-scaler-service.js';
import { ExternalScalerClient } from '../../../proto/gen/externalscaler/externalscaler.js';
import type {
  GetMetricSpecResponse,
  GetMetricsResponse,
  IsActiveResponse,
  ScaledObjectRef,
} from '../../../proto/gen/externalscaler/externalscaler.js';

const WORK = { run: 'r', pool: 'gpu', window: 8, perIteration: 8, iterations: 2, finished: 0 };

let ledger: MemoryLedger;
let demand: RunDemand;
let stopping: AbortController;
let server: RpcServer;
let client: ExternalScalerClient;

beforeEach(async () => {
  ledger = new MemoryLedger(systemClock);
  const run = { id: 'r', name: 'n', seed: 1, config: '{}', configHash: 'c', fingerprints: {} };
  await ledger.createRun(run);
  await ledger.setRunState('r', 'running');
  demand = new RunDemand(ledger, ['gpu']);
  stopping = new AbortController();
  const services = [externalScalerService({ demand, stopping: stopping.signal })];
  server = await startRpcServer({ services });
  client = new ExternalScalerClient(server.address, credentials.createInsecure());
});

afterEach(async () => {
  client.close();
  await server.close();
});

function reference(scalerMetadata: Readonly<Record<string, string>>): ScaledObjectRef {
  return { name: 'workers', namespace: 'majlis', scalerMetadata };
}

function answer<Response>(
  ask: (callback: (error: ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    ask((error, response) => (error === null ? resolve(response) : reject(fromGrpcStatus(error))));
  });
}

function isActive(metadata: Readonly<Record<string, string>> = { pool: 'gpu' }): Promise<boolean> {
  return answer<IsActiveResponse>((done) => client.isActive(reference(metadata), done)).then(
    ({ result }) => result,
  );
}

function metrics(metricName = 'majlis-demand', pool = 'gpu'): Promise<GetMetricsResponse> {
  return answer((done) => client.getMetrics({ scaledObjectRef: reference({ pool }), metricName }, done));
}

function spec(metadata: Readonly<Record<string, string>>): Promise<GetMetricSpecResponse> {
  return answer((done) => client.getMetricSpec(reference(metadata), done));
}

describe('the external scaler', () => {
  it('has demand 0 and is inactive when no run is active', async () => {
    expect(await isActive()).toBe(false);
    expect((await metrics()).metricValues).toEqual([
      { metricName: 'majlis-demand', metricValue: 0, metricValueFloat: 0 },
    ]);
  });

  it('is active for tasks that wait although there is no worker: the way up from zero', async () => {
    demand.begin(WORK);
    expect(await isActive()).toBe(true);
    expect((await metrics()).metricValues).toEqual([
      { metricName: 'majlis-demand', metricValue: 8, metricValueFloat: 8 },
    ]);
  });

  it('goes back to 0 when the run is paused', async () => {
    demand.begin(WORK);
    await ledger.setRunState('r', 'paused');
    expect(await isActive()).toBe(false);
    expect((await metrics()).metricValues[0].metricValueFloat).toBe(0);
  });

  it('asks for as many groups per worker as the trigger says, 1 unless told', async () => {
    expect((await spec({ pool: 'gpu' })).metricSpecs).toEqual([
      { metricName: 'majlis-demand', targetSize: 1, targetSizeFloat: 1 },
    ]);
    expect((await spec({ pool: 'gpu', targetPerWorker: '2.5', caCert: 'x' })).metricSpecs).toEqual([
      { metricName: 'majlis-demand', targetSize: 3, targetSizeFloat: 2.5 },
    ]);
    expect((await spec({ pool: 'gpu', targetPerWorker: '0.25' })).metricSpecs[0].targetSize).toBe(1);
  });

  it.each([
    [{ pool: 'cpu' }, 'scaler_metadata.pool: found "cpu"', 'one of gpu'],
    [{}, 'scaler_metadata.pool', 'the name of a pool'],
    [{ pool: 'gpu', targetPerWorker: '0' }, 'scaler_metadata.target_per_worker', 'a number above 0'],
    [{ pool: 'gpu', targetPerWorker: 'four' }, 'scaler_metadata.target_per_worker', 'a number above 0'],
  ])(
    'refuses metadata %j by INVALID_ARGUMENT that says what is allowed',
    async (metadata, place, allowed) => {
      const refusal = { code: 'invalid_argument', message: expect.stringContaining(allowed) };
      await expect(spec(metadata)).rejects.toMatchObject(refusal);
      await expect(isActive(metadata)).rejects.toMatchObject({ message: expect.stringContaining(place) });
    },
  );

  it('refuses a metric that it does not have, and a question without a pool', async () => {
    await expect(metrics('queue-length')).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining('majlis-demand'),
    });
    const bare = answer((done) =>
      client.getMetrics({ scaledObjectRef: undefined, metricName: 'majlis-demand' }, done),
    );
    await expect(bare).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('pushes activity at once, then at every change and at no other time', async () => {
    const stream = client.streamIsActive(reference({ pool: 'gpu' }));
    const told = stream[Symbol.asyncIterator]() as AsyncIterator<IsActiveResponse, undefined>;
    const next = async (): Promise<boolean | undefined> => (await told.next()).value?.result;
    stream.on('error', () => undefined);
    expect(await next()).toBe(false);
    demand.begin(WORK);
    expect(await next()).toBe(true);
    demand.progress('r', 1);
    await ledger.setRunState('r', 'paused');
    expect(await next()).toBe(false);
    await ledger.setRunState('r', 'running');
    expect(await next()).toBe(true);
    demand.end('r');
    expect(await next()).toBe(false);
    stream.cancel();
  });

  it('ends a stream as unavailable when its process stops, and refuses one for another pool', async () => {
    const ended = (metadata: Readonly<Record<string, string>>): Promise<string> =>
      new Promise((resolve) => {
        const stream = client.streamIsActive(reference(metadata));
        stream.on('error', (error) => resolve(fromGrpcStatus(error as ServiceError).code));
        stream.on('data', () => stopping.abort());
      });
    expect(await ended({ pool: 'cpu' })).toBe('invalid_argument');
    expect(await ended({ pool: 'gpu' })).toBe('unavailable');
  });
});
