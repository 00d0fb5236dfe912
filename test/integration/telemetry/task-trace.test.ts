/** The loop with two tracers, as if coordinator and workers were processes, against a real receiver of OTLP over HTTP. */
import { openOtlpTracing } from '../../../core/telemetry/tracing/otlp-tracing.js';
import type { Tracing } from '../../../core/telemetry/tracing/otlp-tracing.js';
import { taskTraceIds } from '../../../core/telemetry/tracing/task-trace.js';
import { LoopRig } from '../../support/loop-rig.js';
import { startTraceReceiver } from '../../support/trace-receiver.js';
import type { ReceivedSpan, TraceReceiver } from '../../support/trace-receiver.js';

let receiver: TraceReceiver;

beforeAll(async () => {
  receiver = await startTraceReceiver();
});

afterAll(() => receiver.close());

function open(service: string): Tracing {
  const onFailure = (error: Error): never => {
    throw error;
  };
  return openOtlpTracing({ url: receiver.url, service, version: '1', onFailure });
}

/** Plays a run of so many iterations of four tasks; its spans by task id. */
async function playTraced(options: ConstructorParameters<typeof LoopRig>[0]) {
  receiver.spans.length = 0;
  const [coordinator, worker] = [open('majlis-coordinator'), open('majlis-worker')];
  const tracers = { coordinator: coordinator.tracer, worker: worker.tracer };
  const rig = new LoopRig({ ...options, tracers });
  await rig.play();
  await coordinator.close();
  await worker.close();
  const tasks = (await rig.ledger.tasks(rig.run)).filter(({ state }) => state === 'consumed');
  return { rig, tasks, spansOf: (task: string) => spansOf(receiver.spans, task) };
}

function spansOf(spans: readonly ReceivedSpan[], task: string): ReadonlyMap<string, ReceivedSpan> {
  const { traceId } = taskTraceIds(task);
  return new Map(spans.filter((span) => span.traceId === traceId).map((span) => [span.name, span]));
}

/** Who caused which, by name: child to parent. */
function parents(spans: ReadonlyMap<string, ReceivedSpan>): Record<string, string | undefined> {
  const names = new Map([...spans.values()].map(({ spanId, name }) => [spanId, name]));
  return Object.fromEntries(
    [...spans.values()].map(({ name, parentSpanId }) => [name, names.get(parentSpanId ?? '')]),
  );
}

const ONE_TRACE = {
  'issue task': undefined,
  'process rollout task': 'issue task',
  generate: 'process rollout task',
  'publish result': 'process rollout task',
  'admit result': 'publish result',
  reward: 'issue task',
};

describe('the trace of a task', () => {
  it('goes from its issue over the worker to its reward, for every task of a lockstep run', async () => {
    const { tasks, spansOf: spans } = await playTraced({ algorithm: { iterations: 2 } });
    expect(tasks).toHaveLength(8);
    for (const { id } of tasks) {
      const { 'load policy': loading, ...caused } = parents(spans(id));
      expect([id, caused]).toEqual([id, ONE_TRACE]);
      expect([undefined, 'process rollout task']).toContain(loading);
      const services = Object.fromEntries(
        [...spans(id).values()].map(({ name, service }) => [name, service]),
      );
      expect(services).toMatchObject({
        ...{ 'issue task': 'majlis-coordinator', generate: 'majlis-worker' },
        ...{ 'admit result': 'majlis-coordinator', reward: 'majlis-coordinator' },
      });
    }
  });

  it('is the same for every task that an async run consumes', async () => {
    const schedule = { kind: 'async', maxStaleness: 1 } as const;
    const { tasks, spansOf: spans } = await playTraced({ algorithm: { iterations: 2 }, schedule });
    expect(tasks).toHaveLength(8);
    for (const { id } of tasks) expect(parents(spans(id))).toMatchObject(ONE_TRACE);
  });

  it('says with ids and counts what was done, and is linked from the request that scored it', async () => {
    const { tasks, spansOf: spans } = await playTraced({ run: 'traced', algorithm: { iterations: 1 } });
    const [{ id }] = tasks;
    const at = (name: string) => spans(id).get(name)?.attributes;
    expect(at('issue task')).toMatchObject({
      'majlis.task.id': id,
      'majlis.run': 'traced',
      'majlis.task.issue': 1,
    });
    expect(at('process rollout task')).toMatchObject({
      'majlis.task.attempt': 1,
      'majlis.outcome': 'answered',
    });
    expect(at('generate')).toMatchObject({ 'gen_ai.usage.input_tokens': 2, 'majlis.answers': 4 });
    expect(at('admit result')).toMatchObject({ 'majlis.outcome': 'admitted' });
    expect(at('reward')).toMatchObject({ 'majlis.answers': 4, 'majlis.answers.scored': 4 });
    const scoring = receiver.spans.find(({ name }) => name === 'score answers');
    expect(scoring?.links.map(({ traceId }) => traceId).sort()).toEqual(
      tasks.map((task) => taskTraceIds(task.id).traceId).sort(),
    );
    expect(spans(id).get('reward')?.links).toMatchObject([{ spanId: scoring?.spanId }]);
  });
});
