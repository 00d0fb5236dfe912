import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors } from '../../../core/network/model-directory/safetensors.js';
import type { LossRequest, OptimStepRequest, Trainer } from '../../../core/trainer/trainer.js';

/** One step of a trainer, and its gradient tensor by tensor, for comparing trainers. */

/** Tensors by name. */
export type Values = ReadonlyMap<string, Float32Array>;

export interface MeasuredGradient {
  readonly loss: number;
  readonly gradNorm: number;
  readonly gradient: Values;
}

export const CALL = { run: 'compared', epoch: 1 };
export const ADAM = {
  learningRate: 3e-3,
  betas: [0.9, 0.95],
  eps: 1e-5,
  weightDecay: 0.01,
  clip: 0.5,
} as const;
const NORMALIZER = 20;
/**
 * Without moments and with an ε that dwarfs every gradient, Adam's step is learning rate / ε times the gradient: what the
 * weights move by shows the gradient, tensor by tensor.
 */
const AMPLIFIED = 1000;
const PLAIN = { learningRate: AMPLIFIED * 1e6, betas: [0, 0], eps: 1e6, weightDecay: 0 } as const;

/** One gradient and the step with it. */
export async function step(
  trainer: Trainer,
  modelId: string,
  options: {
    readonly loss: LossRequest;
    readonly step: number;
    readonly adam: Omit<OptimStepRequest, 'modelId' | 'step'>;
  },
): Promise<{ readonly loss: number; readonly gradNorm: number }> {
  const { loss, step: at, adam } = options;
  const request = { modelId, step: at, micro: 0, normalizer: NORMALIZER, loss };
  const result = await trainer.forwardBackward(CALL, request);
  const { gradNorm } = await trainer.optimStep(CALL, { modelId, step: at, ...adam });
  return { loss: result.loss, gradNorm };
}

/** What a trainer publishes of a model, under the embedded trainer's names; of an adapter, under PEFT's. */
export async function weightsOf(trainer: Trainer, modelId: string): Promise<Values> {
  const folder = await mkdtemp(join(tmpdir(), 'majlis-compared-'));
  try {
    const directory = join(folder, 'published');
    await trainer.publishWeights(CALL, { modelId, directory });
    const [path, content] = await firstRead(
      ['model.safetensors', 'adapter_model.safetensors'].map((name) => join(directory, name)),
    );
    return new Map(
      [...decodeSafetensors(content, path)].map(([name, { values }]) => [
        name.replace(/^classifier\./, 'score.'),
        values,
      ]),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function firstRead(paths: readonly string[]): Promise<[string, Buffer]> {
  for (const path of paths) {
    const content = await readFile(path).catch(() => undefined);
    if (content !== undefined) return [path, content];
  }
  throw new Error(`none of ${paths.join(', ')}`);
}

/** The gradient of a loss on a new model, after one step: a new head is zero and lets no gradient through before it. */
export async function gradientOf(
  trainer: Trainer,
  modelId: string,
  loss: LossRequest,
): Promise<MeasuredGradient> {
  await step(trainer, modelId, { loss, step: 0, adam: ADAM });
  const before = await weightsOf(trainer, modelId);
  const figures = await step(trainer, modelId, { loss, step: 1, adam: PLAIN });
  const after = await weightsOf(trainer, modelId);
  const gradient = new Map(
    [...before].map(([name, values]) => [
      name,
      values.map((value, at) => (value - valuesOf(after, name)[at]) / AMPLIFIED),
    ]),
  );
  return { ...figures, gradient };
}

/** Losses, gradient norms, and ‖Δg‖ / ‖g‖ of every tensor within the tolerance. */
export function expectSameGradient(
  theirs: MeasuredGradient,
  ours: MeasuredGradient,
  tolerance: number,
): void {
  expect(relative(theirs.loss, ours.loss)).toBeLessThan(tolerance);
  expect(relative(theirs.gradNorm, ours.gradNorm)).toBeLessThan(tolerance);
  expect([...theirs.gradient.keys()].sort()).toEqual([...ours.gradient.keys()].sort());
  const apart = [...ours.gradient].map(([name, values]) => ({
    name,
    apart: distance(valuesOf(theirs.gradient, name), values),
  }));
  expect(apart.filter((one) => !(one.apart < tolerance))).toEqual([]);
}

/** |a − b| / |b| */
export function relative(actual: number, expected: number): number {
  return Math.abs(actual - expected) / Math.abs(expected);
}

/** ‖a − b‖ / ‖b‖ */
export function distance(a: Float32Array, b: Float32Array): number {
  let [apart, length] = [0, 0];
  b.forEach((value, at) => {
    apart += (a[at] - value) ** 2;
    length += value ** 2;
  });
  return Math.sqrt(apart / length);
}

/** A tensor that must be there. */
export function valuesOf(values: Values, name: string): Float32Array {
  const found = values.get(name);
  if (found === undefined) throw new Error(`no tensor ${name}`);
  return found;
}
