import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { MajlisError } from '../core/errors.js';
import { packageRoot } from '../core/runtime/package-root.js';
import { median } from './bench-result.js';
import type { BenchCase, BenchResult, Benchmark } from './bench-result.js';
import { lastLineJson, runChild } from './run-child.js';
import { measureOurStep, withBenchModel } from './trainer-ours.js';
import type { StepMeasurement } from './trainer-ours.js';

const ROUNDS = 7;
const STEPS = 15;
/** Relative difference of loss and gradient norm above which both sides cannot have done the same work. */
const SAME_WORK = 1e-4;

const stepSchema = z.object({
  millisecondsPerStep: z.number(),
  tokensPerSecond: z.number(),
  firstLoss: z.number(),
  firstGradNorm: z.number(),
  lastLoss: z.number(),
});

/** Training tokens per second of the embedded trainer beside PyTorch's, one thread each, taken in turn. */
export const trainer: Benchmark = {
  summary: 'training tokens/s of the embedded trainer against PyTorch, 0.93M parameters, one thread each',
  run: (_args, print) => withBenchModel((directory) => compare(directory, print)),
};

async function compare(directory: string, print: (line: string) => void): Promise<BenchResult> {
  const rounds: BenchCase[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const ours = await measureOurStep(directory, STEPS);
    const torch = await measureTorchStep(directory, STEPS);
    requireSameWork(ours, torch);
    const speeds = [ours, torch].map(({ tokensPerSecond }) =>
      Math.round(tokensPerSecond).toString().padStart(6),
    );
    const one = caseOf(`round ${round}`, ours.tokensPerSecond, torch.tokensPerSecond);
    print(`round ${round}: ours ${speeds[0]}, PyTorch ${speeds[1]} tokens/s, ratio ${one.ratio.toFixed(2)}`);
    rounds.push(one);
  }
  const [ours, peer] = [rounds.map((one) => one.ours), rounds.map((one) => one.peer)].map(median);
  return { ...caseOf('trainer', ours, peer), ratio: median(rounds.map(({ ratio }) => ratio)), cases: rounds };
}

/** PyTorch's step in a process of its own, on one thread. */
async function measureTorchStep(directory: string, steps: number): Promise<StepMeasurement> {
  const python = join(packageRoot, '.venv', 'bin', 'python');
  if (!existsSync(python)) {
    throw new MajlisError(`${python} is missing: node scripts/setup-python.mjs installs PyTorch there.`, {
      code: 'failed_precondition',
    });
  }
  const script = join(packageRoot, 'bench', 'torch-step.py');
  const threads = ['OMP_NUM_THREADS=1', 'MKL_NUM_THREADS=1'];
  const output = await runChild('env', [...threads, python, script, directory, String(steps)]);
  return stepSchema.parse(lastLineJson(output));
}

/** A faster step that computes something else is not faster. */
function requireSameWork(ours: StepMeasurement, torch: StepMeasurement): void {
  for (const figure of ['firstLoss', 'firstGradNorm', 'lastLoss'] as const) {
    if (Math.abs(ours[figure] / torch[figure] - 1) < SAME_WORK) continue;
    throw new MajlisError(`${figure} is ${ours[figure]} here and ${torch[figure]} in PyTorch.`, {
      code: 'internal',
    });
  }
}

function caseOf(name: string, ours: number, peer: number): BenchCase {
  return { name, unit: 'tokens/s', ours, peer, peerName: 'PyTorch, 1 thread', ratio: ours / peer };
}
