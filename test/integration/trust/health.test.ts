import { Client, credentials } from '@grpc/grpc-js';
import { service as healthDefinition } from 'grpc-health-check';
import type { HealthServer } from '../../../core/rpc/serve-health.js';
import { serveHealth } from '../../../core/rpc/serve-health.js';

let broken: string | undefined;
let waiting: string | undefined;
let health: HealthServer;

beforeAll(async () => {
  health = await serveHealth({ port: 0, checks: { live: () => broken, ready: () => waiting } });
});

afterAll(() => health.close());

beforeEach(() => {
  broken = undefined;
  waiting = undefined;
});

async function get(path: string, method = 'GET'): Promise<string> {
  const answer = await fetch(`http://${health.address}${path}`, { method, headers: { connection: 'close' } });
  return `${answer.status} ${(await answer.text()).trim()}`.trim();
}

const { Check: method } = healthDefinition;

function check(service: string): Promise<unknown> {
  const client = new Client(health.address, credentials.createInsecure());
  return new Promise((resolve, reject) => {
    if (method === undefined) reject(new Error('the package has no Check'));
    else
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        { service },
        (error, answer) => {
          client.close();
          resolve(error?.details ?? answer);
        },
      );
  });
}

it('answers HTTP and gRPC probes on one plaintext port', async () => {
  expect(await get('/healthz')).toBe('200 ok');
  expect(await get('/readyz')).toBe('200 ok');
  expect(await check('')).toEqual({ status: 'SERVING' });
});

it('tells a process that waits from one that is broken', async () => {
  waiting = 'no policy yet';
  expect(await get('/healthz')).toBe('200 ok');
  expect(await get('/readyz')).toBe('503 no policy yet');
  expect(await check('readiness')).toEqual({ status: 'NOT_SERVING' });
  expect(await check('liveness')).toEqual({ status: 'SERVING' });
  broken = 'the engine died';
  waiting = undefined;
  expect(await get('/healthz')).toBe('503 the engine died');
  expect(await get('/readyz')).toBe('503 the engine died');
  expect(await check('liveness')).toEqual({ status: 'NOT_SERVING' });
});

it('tells nothing else', async () => {
  expect(await get('/metrics')).toBe('404');
  expect(await get('/readyz', 'POST')).toBe('405');
  expect(await check('majlis.v1.CoordinatorService')).toContain('no health of');
});

it('refuses a port that is taken with one sentence', async () => {
  const second = serveHealth({ port: health.port, checks: { ready: () => undefined } });
  await expect(second).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(`health cannot be offered on ${health.address}`),
  });
});
