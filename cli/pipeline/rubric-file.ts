import { existsSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { BadInputError } from '../../core/errors.js';
import { packageRoot } from '../../core/runtime/package-root.js';

const SHIPPED_RUBRICS = join(packageRoot, 'reward', 'rubrics');

/** Ids of the rubrics that come with Majlis. */
function shippedRubricIds(): string[] {
  return readdirSync(SHIPPED_RUBRICS)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.replace(/\.yaml$/, ''))
    .sort();
}

/** Whether a name is meant as a shipped rubric's id: files have a dot or a slash in their names. */
export function isRubricId(name: string): boolean {
  return !/[./\\]/.test(name);
}

/** A shipped rubric by id, or a path as given, from the folder of the file that names it. */
export function rubricFile(rubric: string, besides: string): string {
  if (!isRubricId(rubric)) return isAbsolute(rubric) ? rubric : resolve(dirname(besides), rubric);
  const path = join(SHIPPED_RUBRICS, `${rubric}.yaml`);
  if (existsSync(path)) return path;
  throw new BadInputError({
    source: besides,
    place: 'rubric',
    found: JSON.stringify(rubric),
    allowed: `a rubric file, or one of ${shippedRubricIds().join(', ')}`,
  });
}
