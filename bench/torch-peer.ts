import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { MajlisError } from '../core/errors.js';
import { packageRoot } from '../core/runtime/package-root.js';

/** The work of both sides of the overhead benchmark. */
export interface OverheadPlan {
  readonly seed: number;
  readonly prompts: readonly (readonly number[])[];
  readonly groupSize: number;
  readonly maxNewTokens: number;
  /** Token ids below it are paid for. */
  readonly paid: number;
  readonly epochs: number;
  readonly minibatches: number;
  readonly policyLearningRate: number;
  readonly criticLearningRate: number;
  /** β of the KL penalty in the reward. */
  readonly kl: number;
  /** C of truncated importance sampling. */
  readonly importanceCap: number;
  readonly gamma: number;
  readonly lambda: number;
}

/** Iterations that were taken: how long each took, and the mean score of the last one's answers. */
export interface IterationsTaken {
  readonly seconds: readonly number[];
  readonly score: number;
}

/** PPO in one Python process (bench/torch-ppo.py), which sleeps between turns. */
export interface TorchPeer {
  take(iterations: number): Promise<IterationsTaken>;
  close(): Promise<void>;
}

const takenSchema = z.object({ seconds: z.array(z.number()), score: z.number() });
const SCRIPT = join(packageRoot, 'bench', 'torch-ppo.py');

/** Writes the random model that both sides begin with. */
export async function makeModel(python: string, directory: string): Promise<void> {
  const child = spawn(python, [SCRIPT, 'make', directory], { stdio: 'inherit' });
  await once(child, 'close');
  if (child.exitCode === 0) return;
  throw new MajlisError(`${SCRIPT} exited with ${String(child.exitCode)}.`, { code: 'internal' });
}

/** Starts the peer on a model; it learns on from turn to turn. */
export function openTorchPeer(python: string, directory: string, plan: OverheadPlan): TorchPeer {
  const child = spawn(python, [SCRIPT, 'learn', directory, JSON.stringify(plan)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    take: async (iterations) => {
      child.stdin.write(`${iterations}\n`);
      const line = await lines.next();
      if (line.done === true) throw new MajlisError(`${SCRIPT} ended early.`, { code: 'internal' });
      return takenSchema.parse(JSON.parse(line.value));
    },
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
