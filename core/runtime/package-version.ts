import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../config/parse-json.js';
import { packageRoot } from './package-root.js';

/** The version of this build, as its package.json has it. */
export function packageVersion(): string {
  const source = join(packageRoot, 'package.json');
  return parseJson(readFileSync(source, 'utf8'), z.object({ version: z.string() }), { source }).version;
}
