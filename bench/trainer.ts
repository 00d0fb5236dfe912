import { MajlisError } from '../core/errors.js';
import { median } from './bench-result.js';
import type { BenchCase, BenchResult, Benchmark } from './bench-result.js';
import { openOurStepper, STEP_TOKENS, withBenchModel } from './trainer-ours.js';
import type { StepsTaken, Stepper } from './trainer-ours.js';
import { openTorchStepper } from './trainer-torch.js';

const WARM_UP_STEPS = 10;
const ROUNDS = 24;
const STEPS = 7;
/** Relative difference of loss and gradient norm above which both sides cannot have done the same work. */
const SAME_WORK = 1e-3;

/**
 * Training tokens per second of the embedded trainer beside PyTorch's, one thread each. They take short turns, so that
 * whatever else the machine does meets both alike; a round's speed is that of its median step.
 */
export const trainer: Benchmark = {
  summary: 'training tokens/s of the embedded trainer against PyTorch, 0.93M parameters, one thread each',
  run: (_args, print) =>
    withBenchModel(async (directory) => {
      const ours = await openOurStepper(directory);
      const torch = await openTorchStepper(directory);
      try {
        return await compare(ours, torch, print);
      } finally {
        await torch.close();
        await ours.close();
      }
    }),
};

async function compare(ours: Stepper, torch: Stepper, print: (line: string) => void): Promise<BenchResult> {
  requireSameWork(await ours.take(WARM_UP_STEPS), await torch.take(WARM_UP_STEPS));
  const rounds: BenchCase[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const mine = speedOf(await ours.take(STEPS));
    const theirs = speedOf(await torch.take(STEPS));
    const one = caseOf(`round ${round}`, mine, theirs);
    print(`${one.name}: ours ${mine}, PyTorch ${theirs} tokens/s, ratio ${one.ratio.toFixed(2)}`);
    rounds.push(one);
  }
  const whole = caseOf(
    'trainer',
    median(rounds.map((one) => one.ours)),
    median(rounds.map((one) => one.peer)),
  );
  return { ...whole, cases: rounds };
}

function speedOf({ milliseconds }: StepsTaken): number {
  return Math.round((1000 * STEP_TOKENS) / median(milliseconds));
}

/** A faster step that computes something else is not faster. */
function requireSameWork(ours: StepsTaken, torch: StepsTaken): void {
  for (const figure of ['loss', 'gradNorm'] as const) {
    if (Math.abs(ours[figure] / torch[figure] - 1) < SAME_WORK) continue;
    const difference = `${figure} after ${WARM_UP_STEPS} steps is ${ours[figure]} here and ${torch[figure]} in PyTorch.`;
    throw new MajlisError(difference, { code: 'internal' });
  }
}

function caseOf(name: string, ours: number, peer: number): BenchCase {
  return { name, unit: 'tokens/s', ours, peer, peerName: 'PyTorch, 1 thread', ratio: ours / peer };
}
