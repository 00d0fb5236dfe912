import { workerData } from 'node:worker_threads';
import { MajlisError } from '../../errors.js';
import { elementCount, gptParameters } from '../../network/gpt/gpt-parameters.js';
import type { Parameter } from '../../network/gpt/gpt-parameters.js';
import { openRuntime } from '../../network/session/inference-session.js';
import type { Feed, Feeds, InferenceSession, RuntimeName } from '../../network/session/inference-session.js';
import { serveThread } from '../../network/session/serve-thread.js';
import { adamStep } from './adam.js';
import { AGAINST_PREFIX, buildGraph, GRADIENT_PREFIX } from './graph-spec.js';
import type { GraphSpec } from './graph-spec.js';
import type { ModelShape } from './model-graph.js';
import { RecentMap } from './recent-map.js';
import type { TrainerTask, TrainerTaskResult, WeightsHandle } from './trainer-task.js';

/** Reaches a thread as its `workerData`. */
export interface TrainerThreadData {
  readonly runtime?: RuntimeName;
}

const MAX_SESSIONS = 32;
const MAX_WEIGHTS = 16;

const { runtime: wanted } = workerData as TrainerThreadData;
const runtime = openRuntime(wanted);
const sessions = new RecentMap<Promise<InferenceSession>>(MAX_SESSIONS, (session) => {
  // A session that could not be opened has nothing to close, and its failure was already answered.
  session.then((open) => open.close()).catch(() => undefined);
});
const copies = new RecentMap<{ readonly stamp: number; readonly values: Float32Array }>(MAX_WEIGHTS);

serveThread<TrainerTask, TrainerTaskResult>(async (task) => {
  switch (task.kind) {
    case 'run':
      return { kind: 'run', outputs: await run(task) };
    case 'accumulate':
      accumulate(task);
      return { kind: 'accumulate' };
    case 'adam': {
      const { settings, weights, gradient, mean, variance } = task;
      const state = {
        weights: new Float32Array(weights),
        gradient: new Float32Array(gradient),
        mean: new Float32Array(mean),
        variance: new Float32Array(variance),
      };
      return { kind: 'adam', outcome: adamStep(state, settings) };
    }
  }
});

async function run(task: TrainerTask & { kind: 'run' }): Promise<Record<string, Float32Array>> {
  const { spec, models, feeds, gradient } = task;
  const session = await openSession(spec);
  const weights: Feeds = {
    ...weightFeeds(spec.model, models[0], ''),
    ...(spec.kind === 'forward' && spec.against !== undefined
      ? weightFeeds(spec.against, models[1], AGAINST_PREFIX)
      : {}),
  };
  const outputs = await session.run({ ...weights, ...feeds });
  if (gradient !== undefined) takeGradient(spec.model, outputs, new Float32Array(gradient));
  return Object.fromEntries(Object.entries(outputs).filter(([name]) => !name.startsWith(GRADIENT_PREFIX)));
}

function openSession(spec: GraphSpec): Promise<InferenceSession> {
  return sessions.take(JSON.stringify(spec), async () => (await runtime).open(buildGraph(spec)));
}

function weightFeeds(shape: ModelShape, handle: WeightsHandle, prefix: string): Record<string, Feed> {
  let copy = copies.get(handle.key);
  if (copy?.stamp !== handle.stamp) {
    copy = { stamp: handle.stamp, values: new Float32Array(handle.values).slice() };
    copies.set(handle.key, copy);
  }
  const { values } = copy;
  return Object.fromEntries(
    spans(shape).map(({ name, shape: dims, from, to }) => [
      prefix + name,
      { dims, data: values.subarray(from, to) },
    ]),
  );
}

function takeGradient(
  shape: ModelShape,
  outputs: Readonly<Record<string, Float32Array>>,
  flat: Float32Array,
): void {
  for (const { name, from } of spans(shape)) {
    const values = outputs[GRADIENT_PREFIX + name] as Float32Array | undefined;
    if (values === undefined) {
      throw new MajlisError(`The graph has no gradient of ${name}.`, { code: 'internal' });
    }
    flat.set(values, from);
  }
}

function spans(shape: ModelShape): (Parameter & { readonly from: number; readonly to: number })[] {
  let to = 0;
  return gptParameters(shape.config, shape.scoreHeads).map((parameter) => {
    const from = to;
    to += elementCount(parameter.shape);
    return { ...parameter, from, to };
  });
}

function accumulate({ total: shared, parts }: TrainerTask & { kind: 'accumulate' }): void {
  const total = new Float32Array(shared);
  for (const part of parts) {
    const values = new Float32Array(part);
    for (let at = 0; at < total.length; at += 1) total[at] += values[at];
  }
}
