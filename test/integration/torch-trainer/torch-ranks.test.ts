import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTorchProcess } from '../../../cli/commands/trainer/torch-process.js';
import type { TorchProcess } from '../../../cli/commands/trainer/torch-process.js';
import { createRng } from '../../../core/math/rng.js';
import { initialWeights } from '../../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../../core/network/model-directory/write-model-directory.js';
import { GrpcTrainer } from '../../../core/trainer/grpc-trainer.js';
import type { LossRequest, ModelSpec, Trainer } from '../../../core/trainer/trainer.js';
import { freePort } from '../../support/free-port.js';
import { describeWithPython, interpreter } from '../../support/python.js';
import {
  ADAM,
  CALL,
  distance,
  expectSameGradient,
  gradientOf,
  relative,
  step,
  valuesOf,
  weightsOf,
} from './compared-gradient.js';
import { comparedLosses, unevenBatch } from './compared-losses.js';
import { writeTinyQwen3 } from './qwen3-directory.js';

const MODEL = { vocabSize: 24, contextLength: 16, layers: 2, width: 32, heads: 4 };
/** Small, so that a batch takes several passes, and not as many on one rank as on the other. */
const PASS_TOKENS = 20;

/** Each on a machine of its own, as far as it can tell. */
describeWithPython('two ranks of the PyTorch trainer', () => {
  let folder: string;
  let base: string;
  let qwen: string;
  let processes: TorchProcess[];
  let one: GrpcTrainer;
  let two: GrpcTrainer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'majlis-torch-ranks-'));
    [base, qwen] = [join(folder, 'base'), join(folder, 'qwen3')];
    const rng = createRng(5);
    const weights = new Map(
      [...initialWeights(MODEL, 3)].map(([name, values]) => [
        name,
        values.map((value) => value + 0.15 * rng.normal()),
      ]),
    );
    await writeModelDirectory({ directory: base, config: MODEL, weights });
    await writeTinyQwen3(qwen, MODEL.vocabSize);
    const nodes = { nodes: 2, rendezvous: `127.0.0.1:${await freePort()}`, passTokens: PASS_TOKENS };
    processes = await Promise.all([
      startTorchProcess({ python: interpreter, model: base }),
      startTorchProcess({ python: interpreter, model: base, node: 0, ...nodes }),
      startTorchProcess({ python: interpreter, model: base, node: 1, ...nodes }),
    ]);
    const serving = processes.filter(({ follows }) => !follows);
    [one, two] = await Promise.all(serving.map(({ address }) => GrpcTrainer.connect({ address })));
  }, 120_000);
  afterAll(async () => {
    await Promise.all([one, two].map((trainer) => trainer.close()));
    await Promise.all(processes.map((trainer) => trainer.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  const onBoth = <Answer>(ask: (trainer: Trainer) => Promise<Answer>): Promise<Answer[]> =>
    Promise.all([ask(one), ask(two)]);

  it('say that they are two', async () => {
    expect((await onBoth((trainer) => trainer.capabilities())).map(({ ranks }) => ranks)).toEqual([1, 2]);
  });

  it.each(comparedLosses())(
    'have the loss and every gradient of one, though their sequences differ in length and number: $title',
    async ({ role, heads, loss }) => {
      const [ours, theirs] = await onBoth(async (trainer) =>
        gradientOf(trainer, await trainer.createModel(CALL, { role, base, heads, seed: 1 }), loss),
      );
      expectSameGradient(theirs, ours, 1e-4);
    },
  );

  it.each<{ readonly title: string; readonly spec: () => ModelSpec }>([
    {
      title: 'all weights of a Qwen3 with tied embeddings',
      spec: () => ({ role: 'policy', base: qwen, heads: 0, seed: 1 }),
    },
    {
      title: 'adapters of one',
      spec: () => {
        const lora = { rank: 4, alpha: 8, targetModules: ['all-linear'] };
        return { role: 'policy', base: qwen, heads: 0, seed: 1, lora };
      },
    },
  ])('step as one does, clipped by the global norm: $title', async ({ spec }) => {
    const [ours, theirs] = await onBoth(async (trainer) => {
      const modelId = await trainer.createModel(CALL, spec());
      const start = await weightsOf(trainer, modelId);
      const norms: number[] = [];
      for (const at of [0, 1, 2, 3]) {
        const loss: LossRequest = { type: 'cross_entropy', batch: unevenBatch(20 + at) };
        norms.push((await step(trainer, modelId, { loss, step: at, adam: ADAM })).gradNorm);
      }
      return { start, norms, end: await weightsOf(trainer, modelId) };
    });
    expect(Math.min(...ours.norms)).toBeGreaterThan(ADAM.clip);
    ours.norms.forEach((norm, at) => expect(relative(theirs.norms[at], norm)).toBeLessThan(1e-4));
    expect(theirs.end.size).toBeGreaterThan(10);
    for (const [name, values] of ours.end) {
      const way = distance(valuesOf(ours.start, name), values);
      expect(distance(valuesOf(theirs.end, name), values)).toBeLessThan(1e-3 * Math.max(way, 1e-3));
    }
  });

  it('save a checkpoint that one goes on from, and one that they go on from', async () => {
    const loss: LossRequest = { type: 'cross_entropy', batch: unevenBatch(7) };
    const spec: ModelSpec = { role: 'policy', base, heads: 0, seed: 1 };
    for (const [from, to, name] of [
      [two, one, 'by-two'],
      [one, two, 'by-one'],
    ] as const) {
      const [saved, loaded] = [await from.createModel(CALL, spec), await to.createModel(CALL, spec)];
      await step(from, saved, { loss, step: 0, adam: ADAM });
      const directory = join(folder, name);
      await from.saveCheckpoint(CALL, { modelId: saved, directory });
      expect(await to.loadCheckpoint(CALL, { modelId: loaded, directory })).toEqual({
        ...{ step: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      });
      const steady = await step(from, saved, { loss, step: 1, adam: ADAM });
      const gone = await step(to, loaded, { loss, step: 1, adam: ADAM });
      expect(relative(gone.gradNorm, steady.gradNorm)).toBeLessThan(1e-4);
    }
  });

  it('refuse alike, and go on', async () => {
    const modelId = await two.createModel(CALL, { role: 'policy', base, heads: 0, seed: 1 });
    const batch = unevenBatch(1);
    const odd = { ...batch, weights: batch.weights.map((weight) => (weight === 0 ? 0 : NaN)) };
    await expect(
      step(two, modelId, { loss: { type: 'cross_entropy', batch: odd }, step: 0, adam: ADAM }),
    ).rejects.toMatchObject({ code: 'out_of_range', message: expect.stringContaining('at sequence 0') });
    const empty = two.createModel(CALL, { role: 'policy', base: folder, heads: 0, seed: 1 });
    await expect(empty).rejects.toMatchObject({ code: 'not_found' });
    const directory = join(base, 'config.json', 'no-folder');
    await expect(two.publishWeights(CALL, { modelId, directory })).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('FileExistsError'),
    });
    const { gradNorm } = await step(two, modelId, {
      loss: { type: 'cross_entropy', batch },
      step: 0,
      adam: ADAM,
    });
    expect(gradNorm).toBeGreaterThan(0);
  });

  it('end together with one error when one of them is killed', async () => {
    const modelId = await two.createModel(CALL, { role: 'policy', base, heads: 0, seed: 1 });
    const [, leading, following] = processes;
    const request = { modelId, batch: repeated(unevenBatch(3), 4000), want: ['log_probs'] as const };
    const failing = expect(two.forward(CALL, request)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringMatching(/^rank 0 of 2 failed: .*another rank is gone.*; all ranks end$/),
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    process.kill(await followerOf(Number(following.pid)), 'SIGKILL');
    await failing;
    expect(await Promise.all([leading.ended, following.ended])).toEqual([1, 1]);
  }, 60_000);
});

/** Enough of a batch to be under way for seconds. */
function repeated(batch: ReturnType<typeof unevenBatch>, times: number): ReturnType<typeof unevenBatch> {
  const { tokenIds, offsets, weights } = batch;
  const copies = Array.from({ length: times }, (_, copy) => copy);
  return {
    ...batch,
    tokenIds: Int32Array.from(copies.flatMap(() => [...tokenIds])),
    weights: Float32Array.from(copies.flatMap(() => [...weights])),
    offsets: Int32Array.from([
      0,
      ...copies.flatMap((copy) => [...offsets.slice(1)].map((end) => copy * tokenIds.length + end)),
    ]),
  };
}

/** The process of rank 1 among the launcher's children. */
async function followerOf(launcher: number): Promise<number> {
  const children = await readFile(`/proc/${launcher}/task/${launcher}/children`, 'utf8');
  for (const child of children.trim().split(' ')) {
    const environment = await readFile(`/proc/${child}/environ`, 'utf8');
    if (environment.split('\0').includes('RANK=1')) return Number(child);
  }
  throw new Error(`no rank 1 among ${children}`);
}
