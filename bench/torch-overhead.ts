import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MajlisError } from '../core/errors.js';
import { createRng } from '../core/math/rng.js';
import { packageRoot } from '../core/runtime/package-root.js';
import { median } from './bench-result.js';
import type { BenchCase, BenchResult, Benchmark } from './bench-result.js';
import { openTorchLoop, type TorchLoop } from './torch-loop.js';
import { makeModel, openTorchPeer, type OverheadPlan, type TorchPeer } from './torch-peer.js';

const VOCABULARY = 2048;
const PROMPT_TOKENS = 32;
const PROMPTS = 16;
const ROUNDS = 3;
const ITERATIONS = 2;
const BAR = 0.9;
/** Mean scores of the last iteration that lie further apart say that both sides cannot have done the same work. */
const SAME_WORK = 0.15;

const PLAN: OverheadPlan = {
  seed: 1,
  prompts: prompts(),
  groupSize: 8,
  maxNewTokens: 32,
  paid: 512,
  epochs: 2,
  minibatches: 2,
  policyLearningRate: 5e-4,
  criticLearningRate: 1e-3,
  kl: 0.05,
  importanceCap: 2,
  gamma: 1,
  lambda: 0.95,
};
const TOKENS = PROMPTS * PLAN.groupSize * (PROMPT_TOKENS + PLAN.maxNewTokens);

/**
 * Tokens that go through an iteration of PPO per second: the whole loop, with a PyTorch trainer behind gRPC and a generator
 * behind HTTP, beside the same PPO in one Python process. They take turns; a round's speed is that of its median iteration.
 */
export const torchOverhead: Benchmark = {
  summary: 'tokens/s of PPO through gRPC and HTTP against the same in one Python process',
  run: async (_args, print) => {
    const python = join(packageRoot, '.venv', 'bin', 'python');
    if (!existsSync(python)) {
      throw new MajlisError(`${python} is missing: node scripts/setup-python.mjs installs PyTorch there.`, {
        code: 'failed_precondition',
      });
    }
    const folder = await mkdtemp(join(tmpdir(), 'majlis-bench-'));
    try {
      const model = join(folder, 'model');
      await makeModel(python, model);
      const ours = await openTorchLoop({ python, model, folder }, PLAN);
      try {
        return await compare(ours, () => openTorchPeer(python, model, PLAN), print);
      } finally {
        await ours.close();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function compare(
  ours: TorchLoop,
  openPeer: () => TorchPeer,
  print: (line: string) => void,
): Promise<BenchResult> {
  const rounds: BenchCase[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const mine = await ours.take(ITERATIONS);
    // From the first model on, as a run is, and with a first iteration that does not count.
    const peer = openPeer();
    const theirs = await peer.take(ITERATIONS + 1).finally(() => peer.close());
    requireSameWork(mine.score, theirs.score);
    const one = caseOf(`round ${round}`, speedOf(mine.seconds), speedOf(theirs.seconds.slice(1)));
    print(
      `${one.name}: ours ${one.ours}, Python ${one.peer} tokens/s, ratio ${one.ratio.toFixed(2)}; last scores ${mine.score.toFixed(3)} and ${theirs.score.toFixed(3)}`,
    );
    rounds.push(one);
  }
  const whole = caseOf(
    'torch-overhead',
    median(rounds.map((one) => one.ours)),
    median(rounds.map((one) => one.peer)),
  );
  return { ...whole, passed: whole.ratio >= BAR, cases: rounds };
}

function speedOf(seconds: readonly number[]): number {
  return Math.round(TOKENS / median(seconds));
}

function requireSameWork(ours: number, theirs: number): void {
  if (Math.abs(ours - theirs) < SAME_WORK) return;
  throw new MajlisError(`The last mean score is ${ours} here and ${theirs} in Python.`, { code: 'internal' });
}

function caseOf(name: string, ours: number, peer: number): BenchCase {
  return { name, unit: 'tokens/s', ours, peer, peerName: 'PPO in one Python process', ratio: ours / peer };
}

function prompts(): number[][] {
  const rng = createRng(7);
  return Array.from({ length: PROMPTS }, () =>
    Array.from({ length: PROMPT_TOKENS }, () => rng.integer(VOCABULARY)),
  );
}
