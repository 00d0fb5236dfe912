// Makes .venv with what the Python-side checks need (PyTorch as the numerical oracle, Transformers as the reader of
// our model directories). Does nothing where it already stands with the same requirements.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const REQUIREMENTS = 'test/requirements.txt';
const STAMP = '.venv/requirements.stamp';

/** Returns { ok } or { ok: false, reason }. */
export function setUpPython() {
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return { ok: true };
  const steps = [
    ['python3', ['-m', 'venv', '--clear', '.venv']],
    [
      '.venv/bin/python',
      ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS],
    ],
  ];
  for (const [command, args] of steps) {
    const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    if (error !== undefined)
      return { ok: false, reason: `${command} could not be started (${error.message})` };
    if (status !== 0) return { ok: false, reason: `${command} ${args.join(' ')} exited with ${status}` };
  }
  writeFileSync(STAMP, wanted);
  return { ok: true };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const python = setUpPython();
  console.log(python.ok ? 'Python: .venv' : `SKIP Python checks: ${python.reason}`);
  process.exit(python.ok || process.env.CI !== 'true' ? 0 : 1);
}
