import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from './package-root.js';

const packageSchema = z.object({ version: z.string() });

/** The version of this Majlis, as its package says it. */
export function majlisVersion(): string {
  return packageSchema.parse(JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'))).version;
}
