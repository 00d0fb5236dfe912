import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';

import { packageRoot } from '../../core/runtime/package-root.js';

/** The project's Python, where it is installed. */
export const interpreter = join(packageRoot, '.venv', 'bin', 'python');
const LARGEST_OUTPUT = 256 * 1024 * 1024;
const environment = {
  ...process.env,
  ...{ OMP_NUM_THREADS: '1', HF_HUB_OFFLINE: '1', TOKENIZERS_PARALLELISM: 'false' },
};

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
    env: environment,
  });
  if (run.error !== undefined) throw run.error;
  if (run.status !== 0) throw new Error(`${script} exited with ${String(run.status)}: ${run.stderr}`);
  return run.stdout;
}

/** The same beside this process, for a script that asks a server which runs here. `variables` join its environment. */
export async function runPythonBeside(
  script: string,
  args: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  const child = spawn(interpreter, [script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment, ...variables },
  });
  const [told, complaint, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (status !== 0) throw new Error(`${script} exited with ${String(status)}: ${complaint}`);
  return told;
}
