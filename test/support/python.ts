import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { packageRoot } from '../../core/runtime/package-root.js';

/** The project's Python, where it is installed. */
export const interpreter = join(packageRoot, '.venv', 'bin', 'python');
const LARGEST_OUTPUT = 256 * 1024 * 1024;

/**
 * A suite that compares with PyTorch and Hugging Face libraries in the project's virtual environment. Without one
 * it is skipped, in so many words; on CI it runs and fails, since there the comparison has to happen.
 */
export function describeWithPython(title: string, body: () => void): void {
  if (existsSync(interpreter) || process.env['CI'] === 'true') {
    describe(title, body);
    return;
  }
  describe.skip(`${title} (no .venv: see test/requirements.txt)`, body);
}

/** Runs a Python script of this folder's tree, fed with `stdin`, and gives what it printed; a failure throws its stderr. */
export function runPython(script: string, args: readonly string[] = [], stdin = ''): string {
  const run = spawnSync(interpreter, [script, ...args], {
    input: stdin,
    encoding: 'utf8',
    maxBuffer: LARGEST_OUTPUT,
    env: { ...process.env, OMP_NUM_THREADS: '1', HF_HUB_OFFLINE: '1', TOKENIZERS_PARALLELISM: 'false' },
  });
  if (run.error !== undefined) throw run.error;
  if (run.status !== 0) throw new Error(`${script} exited with ${String(run.status)}: ${run.stderr}`);
  return run.stdout;
}
