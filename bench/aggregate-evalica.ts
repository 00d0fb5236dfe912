import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { MajlisError } from '../core/errors.js';
import type { ItemVotes } from '../core/math/comparisons.js';
import { packageRoot } from '../core/runtime/package-root.js';
import { runChild } from './run-child.js';

const fitSchema = z.object({
  milliseconds: z.number(),
  kernelMilliseconds: z.number(),
  gradientNorm: z.number(),
  iterations: z.number(),
  tolerance: z.number(),
});

/** One fit by evalica. */
export type EvalicaFit = z.infer<typeof fitSchema>;

export interface EvalicaFitter {
  fit(): Promise<EvalicaFit>;
  close(): Promise<void>;
}

/** Fits of bench/evalica-step.py, in a process of its own that sleeps between them. */
export async function openEvalica(
  votes: ItemVotes,
  { folder, target }: { readonly folder: string; readonly target: number },
): Promise<EvalicaFitter> {
  const python = join(packageRoot, '.venv', 'bin', 'python');
  await requireEvalica(python);
  const file = join(folder, 'votes.bin');
  await writeFile(
    file,
    Buffer.concat([
      Buffer.from(votes.first.buffer),
      Buffer.from(votes.second.buffer),
      Buffer.from(Uint8Array.from(votes.outcome)),
    ]),
  );
  const script = join(packageRoot, 'bench', 'evalica-step.py');
  const child = spawn(python, [script, file, String(votes.items), String(target)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    fit: async () => {
      child.stdin.write('\n');
      const line = await lines.next();
      if (line.done === true) throw new MajlisError(`${script} ended early.`, { code: 'internal' });
      return fitSchema.parse(JSON.parse(line.value));
    },
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

async function requireEvalica(python: string): Promise<void> {
  const missing = new MajlisError(
    `evalica is missing in ${python}: node scripts/setup-python.mjs installs it there.`,
    {
      code: 'failed_precondition',
    },
  );
  if (!existsSync(python)) throw missing;
  const found = await runChild(python, [
    '-c',
    'import importlib.util; print(importlib.util.find_spec("evalica") is not None)',
  ]);
  if (found.trim() !== 'True') throw missing;
}
