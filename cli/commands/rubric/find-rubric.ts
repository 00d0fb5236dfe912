import { join } from 'node:path';
import { loadLocales } from '../../../core/config/load-locale.js';
import type { Rubric } from '../../../core/domain/rubric.js';
import { packageRoot } from '../../../core/runtime/package-root.js';
import { evaluators } from '../../../reward/judge/evaluators/registry.js';
import { loadRubric } from '../../../reward/rubric/load-rubric.js';
import { isRubricId, rubricFile } from '../../pipeline/run-inputs.js';

/** Loads and checks a rubric that a person named: the id of a shipped one, or a file. */
export async function findRubric(name: string): Promise<Rubric> {
  const profiles = await loadLocales(join(packageRoot, 'reward', 'locales'));
  return loadRubric(isRubricId(name) ? rubricFile(name, 'command line') : name, { evaluators, profiles });
}
