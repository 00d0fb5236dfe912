import type { Rubric } from '../../../core/domain/rubric.js';
import { evaluators } from '../../../reward/judge/evaluators/registry.js';
import { loadRubric } from '../../../reward/rubric/load-rubric.js';
import { localesFor } from '../../../core/config/known-locales.js';
import { isRubricId, rubricFile } from '../../pipeline/rubric-file.js';

/** Loads and checks a rubric that a person named: the id of a shipped one, or a file. */
export async function findRubric(name: string): Promise<Rubric> {
  const path = rubricPath(name);
  return loadRubric(path, { evaluators, profiles: await localesFor(path) });
}

/** The file of a rubric that a person named. */
export function rubricPath(name: string): string {
  return isRubricId(name) ? rubricFile(name, 'command line') : name;
}
