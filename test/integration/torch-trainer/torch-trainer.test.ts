import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlgorithmChoice } from '../../../coordinator/algorithm-options.js';
import { startTorchProcess } from '../../../cli/commands/trainer/torch-process.js';
import type { TorchProcess } from '../../../cli/commands/trainer/torch-process.js';
import { createRng } from '../../../core/math/rng.js';
import { initialWeights } from '../../../core/network/gpt/gpt-parameters.js';
import { readModelDirectory } from '../../../core/network/model-directory/read-model-directory.js';
import { writeModelDirectory } from '../../../core/network/model-directory/write-model-directory.js';
import { EmbeddedTrainer } from '../../../core/trainer/embedded-trainer.js';
import { GrpcTrainer } from '../../../core/trainer/grpc-trainer.js';
import type { LossRequest, Role, TokenBatch, Trainer } from '../../../core/trainer/trainer.js';
import { expectClose } from '../../support/expect-close.js';
import { describeWithPython, interpreter, runPython } from '../../support/python.js';
import { playOn } from '../torch-replay/recorded-run.js';
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
import type { Values } from './compared-gradient.js';
import { comparedLosses, unevenBatch } from './compared-losses.js';
import type { ComparedLoss } from './compared-losses.js';
import { writeTinyQwen3 } from './qwen3-directory.js';

const MODEL = { vocabSize: 24, contextLength: 16, layers: 2, width: 32, heads: 4 };

describeWithPython('the PyTorch trainer', () => {
  let folder: string;
  let base: string;
  let torchProcess: TorchProcess;
  let torch: GrpcTrainer;
  let embedded: EmbeddedTrainer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'majlis-torch-compared-'));
    base = join(folder, 'base');
    const rng = createRng(5);
    // Far enough from 0 for a wrong layout of any parameter to show.
    const weights = new Map(
      [...initialWeights(MODEL, 3)].map(([name, values]) => [
        name,
        values.map((value) => value + 0.15 * rng.normal()),
      ]),
    );
    await writeModelDirectory({ directory: base, config: MODEL, weights });
    embedded = EmbeddedTrainer.create({ threads: 1 });
    torchProcess = await startTorchProcess({ python: interpreter, model: base });
    torch = await GrpcTrainer.connect({ address: torchProcess.address });
  }, 120_000);
  afterAll(async () => {
    await torch.close();
    await torchProcess.stop();
    await embedded.close();
    await rm(folder, { recursive: true, force: true });
  });

  const create = (trainer: Trainer, { role, heads }: ComparedLoss): Promise<string> =>
    trainer.createModel(CALL, { role, base, heads, seed: 1 });

  it.each(comparedLosses())(
    'has the loss and every gradient of the embedded one: $title',
    async (compared) => {
      const [ours, theirs] = [
        await gradientOf(embedded, await create(embedded, compared), compared.loss),
        await gradientOf(torch, await create(torch, compared), compared.loss),
      ];
      expectSameGradient(theirs, ours, 1e-4);
    },
  );

  it('ends four AdamW steps, with decay and clipping, on the same weights', async () => {
    const compared = comparedLosses()[0];
    const ends: Values[] = [];
    const norms: number[][] = [];
    for (const trainer of [embedded, torch]) {
      const modelId = await create(trainer, compared);
      const found: number[] = [];
      for (const at of [0, 1, 2, 3]) {
        const loss: LossRequest = { type: 'cross_entropy', batch: unevenBatch(20 + at) };
        found.push((await step(trainer, modelId, { loss, step: at, adam: ADAM })).gradNorm);
      }
      norms.push(found);
      ends.push(await weightsOf(trainer, modelId));
    }
    const start = (await readModelDirectory(base)).weights;
    expect(Math.min(...norms[0])).toBeGreaterThan(ADAM.clip);
    norms[0].forEach((norm, at) => expect(relative(norms[1][at], norm)).toBeLessThan(1e-4));
    for (const [name, values] of ends[0]) {
      const way = distance(values, valuesOf(start, name));
      expect(distance(valuesOf(ends[1], name), values)).toBeLessThan(1e-3 * way);
    }
  });

  it.each<AlgorithmChoice>([
    { estimator: 'ppo' },
    { estimator: 'grpo', kl: { placement: 'loss', kind: 'k3', initial: 0.1 } },
    { estimator: 'dr_grpo', aggregation: 'seq_mean_token_sum_norm' },
    { estimator: 'rloo' },
    { estimator: 'reinforce_plus_plus' },
    { estimator: 'reinforce_plus_plus_baseline' },
  ])(
    'takes the whole loop of $estimator where the embedded one takes it',
    async (algorithm) => {
      const place = (trainer: string): string => join(folder, `loop-${algorithm.estimator}-${trainer}`);
      const ours = await playOn(embedded, place('embedded'), algorithm);
      const theirs = await playOn(torch, place('torch'), algorithm);
      expect(theirs.policies).toHaveLength(4);
      const start = theirs.policies[0];
      expect(start).toEqual(ours.policies[0]);
      for (const [name, values] of ours.policies[3]) {
        const way = distance(values, valuesOf(start, name));
        expect(way).toBeGreaterThan(0);
        expect(distance(valuesOf(theirs.policies[3], name), values)).toBeLessThan(1e-3 * way);
      }
    },
    60_000,
  );

  it('publishes a policy that the embedded engine and trainer open', async () => {
    const modelId = await create(torch, comparedLosses()[0]);
    const directory = join(folder, 'for-embedded');
    const { sha256 } = await torch.publishWeights(CALL, { modelId, directory });
    const read = await readModelDirectory(directory);
    expect({ sha256: read.sha256, config: read.config }).toEqual({ sha256, config: MODEL });
    expect(read.weights).toEqual((await readModelDirectory(base)).weights);
  });

  describe('on a Qwen3 with tied embeddings', () => {
    const batch = unevenBatch(3);
    let qwen: string;
    const open = (role: Role, heads = 0, from = qwen): Promise<string> =>
      torch.createModel(CALL, { role, base: from, heads, seed: 1 });
    const logProbs = async (modelId: string, of: TokenBatch = batch): Promise<Float32Array> =>
      (await torch.forward(CALL, { modelId, batch: of, want: ['log_probs'] })).logProbs ?? new Float32Array();

    beforeAll(async () => {
      qwen = join(folder, 'qwen3');
      await writeTinyQwen3(qwen, MODEL.vocabSize);
    });

    it('gives a sequence the same log-probs beside longer ones as alone', async () => {
      const modelId = await open('policy');
      const together = await logProbs(modelId);
      const [from, to] = [batch.offsets[1], batch.offsets[2]];
      const alone = await logProbs(modelId, {
        tokenIds: batch.tokenIds.slice(from, to),
        offsets: Int32Array.of(0, to - from),
        weights: batch.weights.slice(from, to),
        temperature: batch.temperature,
      });
      expectClose(together.subarray(from, to), alone, 1e-5);
      expect(Math.min(...alone)).toBeLessThan(-3);
    });

    it('learns its batch by heart, and publishes what it learned', async () => {
      const modelId = await open('policy');
      const losses: number[] = [];
      const loss: LossRequest = { type: 'cross_entropy', batch };
      for (let at = 0; at < 30; at += 1) {
        losses.push(
          (await step(torch, modelId, { loss, step: at, adam: { ...ADAM, learningRate: 0.02 } })).loss,
        );
      }
      expect(losses[29]).toBeLessThan(losses[0] / 10);
      const directory = join(folder, 'qwen3-published');
      await torch.publishWeights(CALL, { modelId, directory });
      expect(await logProbs(await open('reference', 0, directory))).toEqual(await logProbs(modelId));
    });

    it('trains a critic on it', async () => {
      const modelId = await open('critic', 1);
      const zero = batch.weights.map(() => 0);
      const returns = batch.weights.map((_, token) => Math.sin(token));
      const loss: LossRequest = { type: 'value', batch: { ...batch, oldValues: zero, returns }, config: {} };
      const losses: number[] = [];
      for (let at = 0; at < 30; at += 1) {
        losses.push(
          (await step(torch, modelId, { loss, step: at, adam: { ...ADAM, learningRate: 0.02 } })).loss,
        );
      }
      expect(losses[29]).toBeLessThan(losses[0] / 10);
    });
  });

  it('refuses pickle files, a folder without a model, and a damaged checkpoint, in so many words', async () => {
    const pickled = join(folder, 'pickled');
    await mkdir(pickled);
    await writeFile(join(pickled, 'config.json'), await readFile(join(base, 'config.json')));
    await writeFile(join(pickled, 'pytorch_model.bin'), 'anything');
    const open = (directory: string): Promise<string> =>
      torch.createModel(CALL, { role: 'policy', base: directory, heads: 0, seed: 1 });
    await expect(open(pickled)).rejects.toMatchObject({
      input: { source: pickled, found: 'pytorch_model.bin', allowed: expect.stringContaining('safetensors') },
    });
    await expect(open(folder)).rejects.toMatchObject({ code: 'not_found' });
    const modelId = await create(torch, comparedLosses()[0]);
    const directory = join(folder, 'checkpoint');
    await torch.saveCheckpoint(CALL, { modelId, directory });
    await writeFile(join(directory, 'torch-trainer-state.safetensors'), 'cut');
    await expect(torch.loadCheckpoint(CALL, { modelId, directory })).rejects.toMatchObject({
      code: 'data_loss',
    });
  });

  it('was generated from the messages that this project sends', () => {
    const told = runPython(join(__dirname, 'compare-wire.py'));
    expect(JSON.parse(told)).toEqual({ compared: ['trainer.proto', 'messages.proto'], different: [] });
  });

  it('that was started again refuses calls for the one before, and says so', async () => {
    const modelId = await create(torch, comparedLosses()[0]);
    const { incarnationId } = await torch.capabilities();
    const port = Number(torchProcess.address.split(':')[1]);
    await torchProcess.stop();
    torchProcess = await startTorchProcess({ python: interpreter, model: base, port });
    const request = { modelId, batch: unevenBatch(1), want: ['log_probs'] as const };
    const restarted = { code: 'failed_precondition', reason: 'restarted' };
    await expect(torch.forward(CALL, request)).rejects.toMatchObject(restarted);
    await expect(torch.optimStep(CALL, { modelId, step: 0, ...ADAM })).rejects.toMatchObject(restarted);
    expect((await torch.capabilities()).incarnationId).not.toBe(incarnationId);
  }, 60_000);
});
