// The Python package of the trainer: lint, format, types and tests. Without .venv it is skipped, in so many words.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const PACKAGE = 'workers/trainer/torch';
const python = resolve('.venv/bin/python');

const steps = [
  ['ruff', 'check', '--quiet', '.'],
  ['ruff', 'format', '--check', '--quiet', '.'],
  ['mypy', '--no-error-summary', '.'],
  ['pytest', '--quiet', '-p', 'no:cacheprovider'],
];

if (!existsSync(python)) {
  console.log(`${PACKAGE} is not checked: there is no .venv`);
  process.exit(process.env.CI === 'true' ? 1 : 0);
}
for (const [tool, ...args] of steps) {
  const env = { ...process.env, OMP_NUM_THREADS: '1', HF_HUB_OFFLINE: '1' };
  const { status } = spawnSync(python, ['-m', tool, ...args], { cwd: PACKAGE, stdio: 'inherit', env });
  if (status !== 0) {
    console.error(`python -m ${tool} ${args.join(' ')} failed in ${PACKAGE}`);
    process.exit(1);
  }
}
