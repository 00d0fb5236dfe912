/** Traces over real gRPC calls: client and server with a tracer each, and a receiver of their spans. */
import { credentials } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { MajlisError } from '../../../core/errors.js';
import { handleUnary } from '../../../core/rpc/handle-unary.js';
import { startRpcServer } from '../../../core/rpc/server.js';
import type { RpcServer } from '../../../core/rpc/server.js';
import { traceClientCalls } from '../../../core/rpc/trace-calls.js';
import { openOtlpTracing } from '../../../core/telemetry/tracing/otlp-tracing.js';
import type { Tracing } from '../../../core/telemetry/tracing/otlp-tracing.js';
import {
  ExternalScalerClient,
  ExternalScalerService,
} from '../../../proto/gen/externalscaler/externalscaler.js';
import type { IsActiveResponse, ScaledObjectRef } from '../../../proto/gen/externalscaler/externalscaler.js';
import { startTraceReceiver } from '../../support/trace-receiver.js';
import type { TraceReceiver } from '../../support/trace-receiver.js';

const METHOD = 'externalscaler.ExternalScaler/IsActive';

let receiver: TraceReceiver;
let caller: Tracing;
let answerer: Tracing;
let server: RpcServer;
let client: ExternalScalerClient;

beforeEach(async () => {
  receiver = await startTraceReceiver();
  const onFailure = (error: Error): never => {
    throw error;
  };
  caller = openOtlpTracing({ url: receiver.url, service: 'caller', version: '1', onFailure });
  answerer = openOtlpTracing({ url: receiver.url, service: 'answerer', version: '1', onFailure });
  const isActive = handleUnary(async ({ name }: ScaledObjectRef) => {
    if (name === '') throw new MajlisError('no name', { code: 'not_found' });
    return answerer.tracer.span('look', {}, () => ({ result: true }));
  });
  server = await startRpcServer({
    services: [{ definition: ExternalScalerService, implementation: { isActive } }],
    tracer: answerer.tracer,
  });
  const interceptors = traceClientCalls(caller.tracer);
  client = new ExternalScalerClient(server.address, credentials.createInsecure(), { interceptors });
});

afterEach(async () => {
  client.close();
  await server.close();
  await receiver.close();
});

function ask(name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    client.isActive(
      { name, namespace: 'n', scalerMetadata: {} },
      (error: ServiceError | null, response: IsActiveResponse) => {
        if (error === null) resolve(response.result);
        else reject(error);
      },
    );
  });
}

async function sent(): Promise<TraceReceiver['spans']> {
  await caller.close();
  await answerer.close();
  return receiver.spans;
}

describe('a traced call', () => {
  it('joins what the handler does to what the client was doing, through the metadata', async () => {
    expect(await caller.tracer.span('decide', {}, () => ask('a'))).toBe(true);
    const spans = await sent();
    const find = (name: string, service: string) =>
      spans.find((span) => span.name === name && span.service === service);
    const [decide, called] = [find('decide', 'caller'), find(METHOD, 'caller')];
    const [answered, look] = [find(METHOD, 'answerer'), find('look', 'answerer')];
    expect(new Set([decide, called, answered, look].map((span) => span?.traceId)).size).toBe(1);
    expect(called).toMatchObject({ kind: 3, parentSpanId: decide?.spanId, failed: false });
    expect(answered).toMatchObject({ kind: 2, parentSpanId: called?.spanId, failed: false });
    expect(look?.parentSpanId).toBe(answered?.spanId);
    expect(answered?.attributes).toEqual({
      'rpc.system.name': 'grpc',
      'rpc.method': METHOD,
      'rpc.response.status_code': 'OK',
    });
  });

  it('has the status of a call that fails on both sides, and not its sentence', async () => {
    await expect(ask('')).rejects.toMatchObject({ details: 'no name' });
    const spans = await sent();
    expect(spans.map(({ service }) => service).sort()).toEqual(['answerer', 'caller']);
    for (const { failed, attributes } of spans) {
      expect(failed).toBe(true);
      expect(attributes['rpc.response.status_code']).toBe('NOT_FOUND');
    }
    expect(receiver.bodies.join('')).not.toContain('no name');
  });

  it('is answered as ever where nobody traces on one side', async () => {
    const plain = new ExternalScalerClient(server.address, credentials.createInsecure());
    const reply = await new Promise<boolean>((resolve, reject) => {
      plain.isActive({ name: 'a', namespace: 'n', scalerMetadata: {} }, (error, { result }) => {
        if (error === null) resolve(result);
        else reject(error);
      });
    });
    plain.close();
    expect(reply).toBe(true);
    const [answered] = (await sent()).filter(({ name }) => name === METHOD);
    expect(answered.parentSpanId).toBeUndefined();
  });
});
