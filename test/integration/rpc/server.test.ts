import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { credentials } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import {
  CoordinatorServiceClient,
  CoordinatorServiceService,
  RunState,
} from '../../../proto/gen/majlis/v1/coordinator.js';
import type { GetRunRequest, GetRunResponse } from '../../../proto/gen/majlis/v1/coordinator.js';
import { TrainerServiceService } from '../../../proto/gen/majlis/v1/trainer.js';
import { BadInputError, MajlisError } from '../../../core/errors.js';
import { handleUnary } from '../../../core/rpc/handle-unary.js';
import { startRpcServer } from '../../../core/rpc/server.js';
import type { RpcServer } from '../../../core/rpc/server.js';
import { fromGrpcStatus } from '../../../core/rpc/status.js';
import { packageRoot } from '../../../core/runtime/package-root.js';

const run = promisify(execFile);

/** Runs `buf curl` over plain HTTP/2 with the server's own reflection and returns its output. */
async function bufCurl(server: RpcServer, ...args: readonly string[]): Promise<string> {
  const command = join(packageRoot, 'node_modules', '.bin', 'buf');
  const [method, ...flags] = [...args].reverse();
  const plain = ['curl', '--protocol', 'grpc', '--http2-prior-knowledge', ...flags.reverse()];
  const { stdout } = await run(command, [...plain, `http://${server.address}${method ?? ''}`]);
  return stdout;
}

async function getRun({ run: id }: GetRunRequest): Promise<GetRunResponse> {
  if (id === '')
    throw new BadInputError({ source: 'GetRun', place: 'run', found: 'nothing', allowed: 'an id' });
  if (id === 'broken') throw new Error('out of luck');
  if (id !== 'r1') throw new MajlisError(`no run ${id}`, { code: 'not_found' });
  return {
    run: {
      id,
      name: 'first',
      state: RunState.RUNNING,
      seed: Number.MAX_SAFE_INTEGER,
      configHash: 'c',
      config: '{}',
      fingerprints: {},
      epoch: 0,
      createdAt: new Date('2026-01-02T03:04:05.678Z'),
      reason: undefined,
    },
    iterations: [],
    policyVersions: [],
    controls: [],
    preferences: 0,
  };
}

/** The error that a client sees for GetRun of that id. */
function refusalOf(server: RpcServer, id: string): Promise<MajlisError> {
  const client = new CoordinatorServiceClient(server.address, credentials.createInsecure());
  return new Promise<MajlisError>((resolve, reject) => {
    client.getRun({ run: id }, (error: ServiceError | null) => {
      client.close();
      if (error === null) reject(new Error('the call succeeded'));
      else resolve(fromGrpcStatus(error));
    });
  });
}

describe('an rpc server', () => {
  let server: RpcServer;

  beforeAll(async () => {
    const implementation = { getRun: handleUnary(getRun) };
    server = await startRpcServer({
      services: [
        { definition: CoordinatorServiceService, implementation },
        { definition: TrainerServiceService, implementation: {} },
      ],
    });
  });

  afterAll(() => server.close());

  it('lists its services and methods to buf curl, health and reflection among them', async () => {
    const methods = (await bufCurl(server, '--list-methods', '')).trim().split('\n');
    expect(methods).toEqual(
      expect.arrayContaining([
        'majlis.v1.CoordinatorService/WatchRun',
        'majlis.v1.TrainerService/ForwardBackward',
        'grpc.health.v1.Health/Check',
        'grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
        'grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
      ]),
    );
    expect(methods.filter((method) => method.startsWith('majlis.v1.RewardService'))).toEqual([]);
  });

  it.each(['grpc-v1', 'grpc-v1alpha'])('lists its methods by %s', async (protocol) => {
    const methods = await bufCurl(server, '--reflect-protocol', protocol, '--list-methods', '');
    expect(methods).toContain('majlis.v1.CoordinatorService/GetRun');
  });

  it('reports health for the server and for each service, and takes it back', async () => {
    const check = (service: string): Promise<string> =>
      bufCurl(server, '-d', JSON.stringify({ service }), '/grpc.health.v1.Health/Check');
    expect(JSON.parse(await check(''))).toEqual({ status: 'SERVING' });
    expect(JSON.parse(await check('majlis.v1.CoordinatorService'))).toEqual({ status: 'SERVING' });
    server.setServing('majlis.v1.CoordinatorService', false);
    expect(JSON.parse(await check('majlis.v1.CoordinatorService'))).toEqual({ status: 'NOT_SERVING' });
  });

  it('answers a call whose service has a map and a well-known type', async () => {
    const answer: unknown = JSON.parse(
      await bufCurl(server, '-d', '{"run":"r1"}', '/majlis.v1.CoordinatorService/GetRun'),
    );
    expect(answer).toMatchObject({
      run: { id: 'r1', seed: '9007199254740991', createdAt: '2026-01-02T03:04:05.678Z' },
    });
  });

  it('tells buf curl which status a refusal has', async () => {
    const call = bufCurl(server, '-d', '{"run":"r2"}', '/majlis.v1.CoordinatorService/GetRun');
    await expect(call).rejects.toMatchObject({ stderr: expect.stringContaining('"code": "not_found"') });
  });

  it('gives a client back the error that the handler threw', async () => {
    expect(await refusalOf(server, 'r2')).toMatchObject({ code: 'not_found', message: 'no run r2' });
    expect(await refusalOf(server, 'broken')).toMatchObject({ code: 'internal', message: 'out of luck' });
    const refusal = await refusalOf(server, '');
    expect(refusal).toBeInstanceOf(BadInputError);
    expect(refusal.message).toBe('GetRun at run: found nothing; allowed: an id');
  });

  it('refuses a port that is taken', async () => {
    const second = startRpcServer({ services: [], port: server.port });
    await expect(second).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('closing an rpc server', () => {
  it('cuts a call that outlasts the grace period, whose signal fires', async () => {
    let enter: () => void = () => undefined;
    const entered = new Promise<void>((resolve) => (enter = resolve));
    let aborted = false;
    const wait = (_request: GetRunRequest, signal: AbortSignal): Promise<GetRunResponse> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          reject(new MajlisError('gave up', { code: 'cancelled' }));
        });
        enter();
      });
    const server = await startRpcServer({
      services: [{ definition: CoordinatorServiceService, implementation: { getRun: handleUnary(wait) } }],
      graceMs: 20,
    });
    const refusal = refusalOf(server, 'r1');
    await entered;
    await server.close();
    expect(['cancelled', 'unavailable']).toContain((await refusal).code);
    expect(aborted).toBe(true);
  });
});
