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

/** A few training steps of 16 sequences of 64 tokens: forward, backward, clipping, Adam. */
export interface StepsTaken {
  /** [step] */
  readonly milliseconds: readonly number[];
  /** Of the last step. */
  readonly loss: number;
  readonly gradNorm: number;
}

/** One side of the comparison; it goes on from where its last steps ended. */
export interface Stepper {
  take(steps: number): Promise<StepsTaken>;
  close(): Promise<void>;
}

/** Tokens of one step. */
export const STEP_TOKENS = SEQUENCES * LENGTH;

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

/** Steps of the embedded trainer on one thread, calls included. */
export async function openOurStepper(directory: string): Promise<Stepper> {
  const trainer = EmbeddedTrainer.create({ threads: 1 });
  const modelId = await trainer.createModel(CALL, { role: 'policy', base: directory, heads: 0, seed: 1 });
  const loss = { type: 'cross_entropy', batch: benchBatch() } as const;
  const normalizer = SEQUENCES * (LENGTH - 1);
  let step = 0;
  return {
    take: async (steps) => {
      const milliseconds: number[] = [];
      let last = { loss: NaN, gradNorm: NaN };
      for (const end = step + steps; step < end; step += 1) {
        const start = systemClock.monotonic();
        const result = await trainer.forwardBackward(CALL, { modelId, step, micro: 0, normalizer, loss });
        const { gradNorm } = await trainer.optimStep(CALL, { modelId, step, ...ADAM });
        milliseconds.push(systemClock.monotonic() - start);
        last = { loss: result.loss, gradNorm };
      }
      return { milliseconds, ...last };
    },
    close: () => trainer.close(),
  };
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
