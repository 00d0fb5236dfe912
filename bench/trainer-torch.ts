import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { MajlisError } from '../core/errors.js';
import { packageRoot } from '../core/runtime/package-root.js';
import type { Stepper } from './trainer-ours.js';

const stepsSchema = z.object({ milliseconds: z.array(z.number()), loss: z.number(), gradNorm: z.number() });

/** Steps of bench/torch-step.py, in a process of its own that sleeps between them. */
export async function openTorchStepper(directory: string): Promise<Stepper> {
  const python = join(packageRoot, '.venv', 'bin', 'python');
  if (!existsSync(python)) {
    throw new MajlisError(`${python} is missing: node scripts/setup-python.mjs installs PyTorch there.`, {
      code: 'failed_precondition',
    });
  }
  const script = join(packageRoot, 'bench', 'torch-step.py');
  const threads = ['OMP_NUM_THREADS=1', 'MKL_NUM_THREADS=1'];
  const child = spawn('env', [...threads, python, script, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    take: async (steps) => {
      child.stdin.write(`${steps}\n`);
      const line = await lines.next();
      if (line.done === true) throw new MajlisError(`${script} ended early.`, { code: 'internal' });
      return stepsSchema.parse(JSON.parse(line.value));
    },
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
