import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialWeights } from '../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../core/network/model-directory/write-model-directory.js';
import { systemClock } from '../core/runtime/clock.js';
import { EmbeddedTrainer } from '../core/trainer/embedded-trainer.js';
import type { TokenBatch } from '../core/trainer/trainer.js';

/** The model of the trainer benchmark: 932,608 parameters. */
export const BENCH_MODEL = { vocabSize: 512, contextLength: 64, layers: 4, width: 128, heads: 4 } as const;

const SEQUENCES = 16;
const LENGTH = 64;
const CALL = { run: 'bench', epoch: 1 };
const ADAM = { learningRate: 1e-3, betas: [0.9, 0.95], eps: 1e-8, weightDecay: 0, clip: 1 } as const;

/** What a training step of 16 sequences of 64 tokens took, and losses for comparison. */
export interface StepMeasurement {
  readonly millisecondsPerStep: number;
  readonly tokensPerSecond: number;
  readonly firstLoss: number;
  readonly firstGradNorm: number;
  readonly lastLoss: number;
}

/** Writes the benchmark's untrained model, so that both sides start from the same weights, and removes it after use. */
export async function withBenchModel<Result>(use: (directory: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'majlis-bench-'));
  try {
    const directory = join(folder, 'model');
    await writeModelDirectory({ directory, config: BENCH_MODEL, weights: initialWeights(BENCH_MODEL, 1) });
    return await use(directory);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Median step (forward, backward, clipping, Adam) of the embedded trainer on one thread, calls included. */
export async function measureOurStep(directory: string, steps: number): Promise<StepMeasurement> {
  const trainer = EmbeddedTrainer.create({ threads: 1 });
  try {
    const modelId = await trainer.createModel(CALL, { role: 'policy', base: directory, heads: 0, seed: 1 });
    const batch = benchBatch();
    const normalizer = SEQUENCES * (LENGTH - 1);
    const times: number[] = [];
    let [firstLoss, firstGradNorm, lastLoss] = [NaN, NaN, NaN];
    const warmUp = 3;
    for (let step = 0; step < warmUp + steps; step += 1) {
      const start = systemClock.monotonic();
      const loss = { type: 'cross_entropy', batch } as const;
      const result = await trainer.forwardBackward(CALL, { modelId, step, micro: 0, normalizer, loss });
      const { gradNorm } = await trainer.optimStep(CALL, { modelId, step, ...ADAM });
      if (step === 0) [firstLoss, firstGradNorm] = [result.loss, gradNorm];
      lastLoss = result.loss;
      if (step >= warmUp) times.push(systemClock.monotonic() - start);
    }
    const millisecondsPerStep = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
    const tokensPerSecond = (1000 * SEQUENCES * LENGTH) / millisecondsPerStep;
    return { millisecondsPerStep, tokensPerSecond, firstLoss, firstGradNorm, lastLoss };
  } finally {
    await trainer.close();
  }
}

/** The same tokens as bench/torch-step.py makes. */
function benchBatch(): TokenBatch {
  const tokenIds = new Int32Array(SEQUENCES * LENGTH).map(
    (_, at) => (at * 7919 + Math.floor(at / LENGTH) * 31) % BENCH_MODEL.vocabSize,
  );
  return {
    tokenIds,
    offsets: new Int32Array(SEQUENCES + 1).map((_, s) => s * LENGTH),
    weights: new Float32Array(tokenIds.length).map((_, at) => (at % LENGTH === 0 ? 0 : 1)),
    temperature: 1,
  };
}
