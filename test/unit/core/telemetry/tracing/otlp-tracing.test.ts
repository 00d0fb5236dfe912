/** Against a real receiver of OTLP over HTTP, in this process. */
import { MajlisError } from '../../../../../core/errors.js';
import { NO_TRACING } from '../../../../../core/telemetry/tracing/no-tracing.js';
import { openOtlpTracing } from '../../../../../core/telemetry/tracing/otlp-tracing.js';
import type { Tracing } from '../../../../../core/telemetry/tracing/otlp-tracing.js';
import { taskTrace, taskTraceIds } from '../../../../../core/telemetry/tracing/task-trace.js';
import { startTraceReceiver } from '../../../../support/trace-receiver.js';
import type { ReceivedSpan, TraceReceiver } from '../../../../support/trace-receiver.js';

let receiver: TraceReceiver;
let failures: MajlisError[];
let opened: Tracing[];

beforeAll(async () => {
  receiver = await startTraceReceiver();
});

afterAll(() => receiver.close());

beforeEach(() => {
  receiver.spans.length = 0;
  receiver.status = 200;
  failures = [];
  opened = [];
});

function open(service: string): Tracing {
  const tracing = openOtlpTracing({
    url: `${receiver.url}/`,
    service,
    version: '1',
    onFailure: (error) => failures.push(error),
  });
  opened.push(tracing);
  return tracing;
}

/** What the receiver has once every tracer has sent what it had. */
async function received(): Promise<ReceivedSpan[]> {
  for (const tracing of opened) await tracing.close();
  return receiver.spans;
}

function named(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const found = spans.find((span) => span.name === name);
  if (found === undefined) throw new Error(`no span ${name}`);
  return found;
}

describe('tracing over OTLP', () => {
  it('nests spans by the work that they enclose, also across waits', async () => {
    const { tracer } = open('one');
    await tracer.span('outer', {}, async () => {
      await Promise.resolve();
      await tracer.span(
        'inner',
        { kind: 'client', attributes: { 'majlis.answers': 3 } },
        async () => undefined,
      );
    });
    const spans = await received();
    expect(named(spans, 'inner')).toMatchObject({
      ...{ traceId: named(spans, 'outer').traceId, parentSpanId: named(spans, 'outer').spanId },
      ...{ service: 'one', kind: 3, attributes: { 'majlis.answers': 3 }, failed: false },
    });
    expect(named(spans, 'outer').parentSpanId).toBeUndefined();
  });

  it('joins what another process did, by the headers that came with a message', async () => {
    const [sender, taker] = [open('sender').tracer, open('taker').tracer];
    let headers = {};
    await sender.span('send', { kind: 'producer' }, () => {
      headers = sender.inject();
    });
    await taker.span('take', { kind: 'consumer', parent: headers }, () => undefined);
    const spans = await received();
    expect(named(spans, 'take')).toMatchObject({
      ...{ service: 'taker', traceId: named(spans, 'send').traceId, kind: 5 },
      parentSpanId: named(spans, 'send').spanId,
    });
  });

  it('begins a trace with the ids of a task, so that whoever knows the task joins it', async () => {
    const { tracer } = open('one');
    const other = open('other').tracer;
    await tracer.span('issue', { ids: taskTraceIds('t') }, () => undefined);
    await other.span('reward', { parent: taskTrace('t') }, () => undefined);
    const spans = await received();
    expect(named(spans, 'issue')).toMatchObject({ ...taskTraceIds('t'), parentSpanId: undefined });
    expect(named(spans, 'reward')).toMatchObject({
      traceId: taskTraceIds('t').traceId,
      parentSpanId: taskTraceIds('t').spanId,
    });
    expect(named(spans, 'reward').spanId).not.toBe(taskTraceIds('t').spanId);
  });

  it('marks that something happened, and lets others join that', async () => {
    const { tracer } = open('one');
    const headers = tracer.mark('issue', { kind: 'producer', ids: taskTraceIds('t') });
    expect(headers).toEqual(taskTrace('t'));
    await tracer.span('take', { parent: headers }, () => undefined);
    const spans = await received();
    expect(named(spans, 'issue')).toMatchObject({ ...taskTraceIds('t'), kind: 4 });
    expect(named(spans, 'take').parentSpanId).toBe(taskTraceIds('t').spanId);
  });

  it('links spans that belong together without one causing the other', async () => {
    const { tracer } = open('one');
    await tracer.span('batch', { links: [taskTrace('a'), { traceparent: 'nonsense' }] }, () => undefined);
    expect(named(await received(), 'batch').links).toMatchObject([taskTraceIds('a')]);
  });

  it('marks a span whose work failed by the code alone, and throws the failure on', async () => {
    const { tracer } = open('one');
    const refused = new MajlisError('the answer "SECRET" is refused', { code: 'out_of_range' });
    await expect(tracer.span('fails', {}, () => Promise.reject(refused))).rejects.toBe(refused);
    const span = named(await received(), 'fails');
    expect(span).toMatchObject({ failed: true, attributes: { 'error.type': 'out_of_range' } });
    expect(receiver.bodies.join('')).not.toContain('SECRET');
  });

  it.each([
    {},
    { traceparent: '' },
    { traceparent: '00-00000000000000000000000000000000-0000000000000001-01' },
    { traceparent: `ff-${'1'.repeat(32)}-${'1'.repeat(16)}-01` },
    { traceparent: `00-${'A'.repeat(32)}-${'1'.repeat(16)}-01` },
  ])('begins a trace of its own where headers name none: %j', async (parent) => {
    const { tracer } = open('one');
    await tracer.span('alone', { parent }, () => undefined);
    expect(named(await received(), 'alone').parentSpanId).toBeUndefined();
  });

  it('leaves out what its parent left out, as a sampler decided there', async () => {
    const { tracer } = open('one');
    const unsampled = { traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00` };
    await tracer.span('unsampled', { parent: unsampled }, () => {
      expect(tracer.inject()['traceparent']).toMatch(/^00-1{32}-[0-9a-f]{16}-00$/);
    });
    expect(await received()).toEqual([]);
  });

  it('tells of a receiver that refuses, once, and fails nothing', async () => {
    receiver.status = 400;
    const { tracer } = open('one');
    expect(await tracer.span('lost', {}, () => 7)).toBe(7);
    await received();
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^1 spans did not/),
    });
  });

  it('knows the span that code runs within, and none outside', async () => {
    const { tracer } = open('one');
    const within = await tracer.span('s', {}, () => tracer.current());
    expect(within).toMatchObject({ spanId: named(await received(), 's').spanId });
    expect(tracer.current()).toBeUndefined();
    expect(tracer.inject()).toEqual({});
  });
});

describe('no tracing', () => {
  it('does the work and names no span', async () => {
    const seen = await NO_TRACING.span('s', {}, (span) => {
      span.set({ 'majlis.task.id': 't' });
      return [NO_TRACING.inject(), NO_TRACING.current()];
    });
    expect(seen).toEqual([{}, undefined]);
  });
});
