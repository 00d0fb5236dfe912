import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../core/runtime/package-root.js';
import type { Check } from './check.js';

/** Whether the Python environment of the checks stands. No run needs it. */
export function checkPython(root: string = packageRoot): Check {
  const name = 'Python';
  if (existsSync(join(root, '.venv', 'requirements.stamp'))) return { name, status: 'ok', found: '.venv' };
  const next = 'nothing to do for runs; "npm run verify" sets it up for its own checks';
  return { name, status: 'warn', found: 'no .venv', next };
}
