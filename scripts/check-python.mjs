// The Python packages, the trainer and the reward's client: lint, format, types and tests. Without .venv they are skipped, in so
// many words.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const PACKAGES = ['workers/trainer/torch', 'reward/clients/python'];
const python = resolve('.venv/bin/python');

const steps = [
  ['ruff', 'check', '--quiet', '.'],
  ['ruff', 'format', '--check', '--quiet', '.'],
  ['mypy', '--no-error-summary', '.'],
  ['pytest', '--quiet', '-p', 'no:cacheprovider'],
];

if (!existsSync(python)) {
  console.log(`${PACKAGES.join(' and ')} are not checked: there is no .venv`);
  process.exit(process.env.CI === 'true' ? 1 : 0);
}
for (const folder of PACKAGES) {
  for (const [tool, ...args] of steps) {
    const env = { ...process.env, OMP_NUM_THREADS: '1', HF_HUB_OFFLINE: '1' };
    const { status } = spawnSync(python, ['-m', tool, ...args], { cwd: folder, stdio: 'inherit', env });
    if (status !== 0) {
      console.error(`python -m ${tool} ${args.join(' ')} failed in ${folder}`);
      process.exit(1);
    }
  }
}
