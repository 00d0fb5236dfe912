import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { packageRoot } from '../../../core/runtime/package-root.js';

type Json = Record<string, unknown>;

/** The Arabic example's folder. */
export const arabicExample = join(packageRoot, 'examples', 'arabic');

/** Writes the example's run file with top-level changes to a path. JSON is YAML; data stay where they are, but `moved`. */
export function exampleRunFile(
  path: string,
  changes: Json,
  moved: Readonly<Record<string, string>> = {},
): string {
  const text = readFileSync(join(arabicExample, 'run.yaml'), 'utf8');
  const config = parse(text) as Json & { data: Record<string, string> };
  const data = Object.fromEntries(
    Object.entries(config.data).map(([key, name]) => [key, join(arabicExample, name)]),
  );
  writeFileSync(path, JSON.stringify({ ...config, data: { ...data, ...moved }, ...changes }));
  return path;
}
