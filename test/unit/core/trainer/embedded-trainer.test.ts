import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialWeights } from '../../../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../../../core/network/model-directory/write-model-directory.js';
import { EmbeddedTrainer } from '../../../../core/trainer/embedded-trainer.js';
import { ComputePool } from '../../../../core/trainer/embedded/compute-pool.js';
import type { TokenBatch } from '../../../../core/trainer/trainer.js';

const CONFIG = { vocabSize: 40, contextLength: 32, layers: 2, width: 16, heads: 2 };
const CALL = { run: 'run-1', epoch: 1 };
const ADAM = { learningRate: 0.01, betas: [0.9, 0.95], eps: 1e-8, weightDecay: 0.01, clip: 1 } as const;

/** Enough sequences for several shards. */
function manySequences(step: number): TokenBatch {
  const lengths = Array.from({ length: 90 }, (_, s) => 10 + ((s * 7 + step) % 22));
  const ends = lengths.map((_, s) => lengths.slice(0, s + 1).reduce((sum, length) => sum + length, 0));
  const total = ends[ends.length - 1];
  const offsets = Int32Array.from([0, ...ends]);
  const weights = new Float32Array(total).fill(1);
  for (const first of offsets.subarray(0, -1)) weights[first] = 0;
  return {
    tokenIds: new Int32Array(total).map((_, t) => (t * t + 3 * t + step) % CONFIG.vocabSize),
    offsets,
    weights,
    temperature: 1,
  };
}

describe('the embedded trainer', () => {
  let folder: string;
  let base: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'majlis-embedded-trainer-'));
    base = join(folder, 'base');
    await writeModelDirectory({ directory: base, config: CONFIG, weights: initialWeights(CONFIG, 1) });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function trainedHash(threads: number): Promise<{ hash: string; losses: number[]; norms: number[] }> {
    const trainer = EmbeddedTrainer.create({ threads });
    try {
      const modelId = await trainer.createModel(CALL, { role: 'policy', base, heads: 0, seed: 1 });
      const [losses, norms] = [[] as number[], [] as number[]];
      for (let step = 0; step < 4; step += 1) {
        const batch = manySequences(step);
        const loss = { type: 'cross_entropy', batch } as const;
        losses.push(
          (await trainer.forwardBackward(CALL, { modelId, step, micro: 0, normalizer: 1000, loss })).loss,
        );
        norms.push((await trainer.optimStep(CALL, { modelId, step, ...ADAM })).gradNorm);
      }
      const directory = join(folder, `threads-${threads}`);
      const { sha256: hash } = await trainer.publishWeights(CALL, { modelId, directory });
      return { hash, losses, norms };
    } finally {
      await trainer.close();
    }
  }

  it('computes the same bits on one thread, on two and on three', async () => {
    const one = await trainedHash(1);
    expect(await trainedHash(2)).toEqual(one);
    expect(await trainedHash(3)).toEqual(one);
  });

  it('has a loss of ln V where all weights of the head are 0', async () => {
    const trainer = EmbeddedTrainer.create({ threads: 1 });
    try {
      const weights = initialWeights(CONFIG, 1);
      weights.get('lm_head.weight')?.fill(0);
      const flat = join(folder, 'flat');
      await writeModelDirectory({ directory: flat, config: CONFIG, weights });
      const modelId = await trainer.createModel(CALL, { role: 'policy', base: flat, heads: 0, seed: 1 });
      const batch = manySequences(0);
      const normalizer = batch.weights.reduce((sum, weight) => sum + weight, 0);
      const loss = { type: 'cross_entropy', batch } as const;
      const result = await trainer.forwardBackward(CALL, { modelId, step: 0, micro: 0, normalizer, loss });
      expect(result.loss).toBeCloseTo(Math.log(40), 5);
    } finally {
      await trainer.close();
    }
  });

  it('shares a pool with another trainer whose model has the same name, and which goes on after it has closed', async () => {
    const other = join(folder, 'other');
    await writeModelDirectory({ directory: other, config: CONFIG, weights: initialWeights(CONFIG, 2) });
    const pool = new ComputePool({ threads: 1 });
    try {
      const [first, second] = [EmbeddedTrainer.create({ pool }), EmbeddedTrainer.create({ pool })];
      const spec = { role: 'policy', heads: 0, seed: 1 } as const;
      const request = { batch: manySequences(0), want: ['log_probs'] as const };
      const ours = await first.createModel(CALL, { ...spec, base });
      const theirs = await second.createModel(CALL, { ...spec, base: other });
      expect(theirs).toBe(ours);
      const mine = await first.forward(CALL, { modelId: ours, ...request });
      const yours = await second.forward(CALL, { modelId: theirs, ...request });
      expect(yours).not.toEqual(mine);
      await first.close();
      expect(await second.forward(CALL, { modelId: theirs, ...request })).toEqual(yours);
    } finally {
      await pool.close();
    }
  });

  it('leaves the main thread free while it computes', async () => {
    const trainer = EmbeddedTrainer.create({ threads: 1 });
    try {
      const modelId = await trainer.createModel(CALL, { role: 'policy', base, heads: 0, seed: 1 });
      const loss = { type: 'cross_entropy', batch: manySequences(0) } as const;
      let ticks = 0;
      const timer = setInterval(() => (ticks += 1), 1);
      for (let micro = 0; micro < 10; micro += 1) {
        await trainer.forwardBackward(CALL, { modelId, step: 0, micro, normalizer: 1000, loss });
      }
      clearInterval(timer);
      expect(ticks).toBeGreaterThan(10);
    } finally {
      await trainer.close();
    }
  });

  it('has no adapters, says so among its capabilities, and refuses LoRA in one sentence', async () => {
    const trainer = EmbeddedTrainer.create({ threads: 1 });
    try {
      expect((await trainer.capabilities()).adapters).toEqual([]);
      const lora = { rank: 4, alpha: 8, targetModules: ['all-linear'] };
      const creating = trainer.createModel(CALL, { role: 'policy', base, heads: 0, seed: 1, lora });
      await expect(creating).rejects.toMatchObject({
        code: 'unimplemented',
        message: expect.stringMatching(/^The embedded trainer trains all weights .*\.$/),
      });
    } finally {
      await trainer.close();
    }
  });

  it('refuses a damaged checkpoint and keeps the model as it was', async () => {
    const trainer = EmbeddedTrainer.create({ threads: 1 });
    try {
      const modelId = await trainer.createModel(CALL, { role: 'policy', base, heads: 0, seed: 1 });
      const directory = join(folder, 'damaged');
      await trainer.saveCheckpoint(CALL, { modelId, directory });
      for (const file of await readdir(directory)) {
        if (file.endsWith('.safetensors')) await writeFile(join(directory, file), 'not it');
      }
      const request = { modelId, batch: manySequences(0), want: ['log_probs'] as const };
      const before = await trainer.forward(CALL, request);
      await expect(trainer.loadCheckpoint(CALL, { modelId, directory })).rejects.toMatchObject({
        code: 'data_loss',
      });
      expect(await trainer.forward(CALL, request)).toEqual(before);
    } finally {
      await trainer.close();
    }
  });
});
