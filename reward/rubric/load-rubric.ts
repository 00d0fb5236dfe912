import { readYaml } from '../../core/config/read-yaml.js';
import type { LocaleProfile } from '../../core/domain/locale.js';
import { profileFor } from '../../core/domain/locale.js';
import type { Criterion, Rubric } from '../../core/domain/rubric.js';
import { BadInputError } from '../../core/errors.js';
import type { Evaluator } from '../judge/evaluator.js';
import { positiveWeight } from './composite.js';
import { criterionHash, rubricHash } from './rubric-hash.js';
import type { CriterionFile, RubricFile } from './rubric-schema.js';
import { rubricSchema } from './rubric-schema.js';

/** What a rubric may refer to. */
export interface RubricContext {
  readonly evaluators: ReadonlyMap<string, Evaluator>;
  readonly profiles: readonly LocaleProfile[];
}

/**
 * Reads a rubric and checks all that it refers to, so that a rubric that loads can be judged by. Its hash is over the
 * canonical JSON of its content: neither layout nor comments nor key order of the file matter.
 */
export async function loadRubric(path: string, context: RubricContext): Promise<Rubric> {
  const file = await readYaml(path, rubricSchema);
  checkRubric(file, path, context);
  const content = { ...file, criteria: file.criteria.map(toCriterion) };
  return { ...content, hash: rubricHash(content) };
}

function toCriterion(criterion: CriterionFile): Criterion {
  return { ...criterion, hash: criterionHash(criterion) };
}

function checkRubric(rubric: RubricFile, source: string, context: RubricContext): void {
  const profile = profileFor(rubric.locale, context.profiles);
  if (profile === undefined) {
    const known = context.profiles.map(({ locale }) => locale).join(', ');
    throw badRubric(source, 'locale', rubric.locale, `a locale with a profile: ${known}`);
  }
  checkUniqueKeys(rubric, source);
  if (positiveWeight(rubric.criteria) === 0) {
    throw new BadInputError({
      source,
      place: 'criteria',
      found: 'no weight above 0 outside pitfalls',
      allowed: 'at least one criterion that is no pitfall with a weight above 0',
    });
  }
  for (const [index, criterion] of rubric.criteria.entries()) {
    const evaluator = context.evaluators.get(criterion.evaluator);
    if (evaluator === undefined) {
      const names = [...context.evaluators.keys()].join(', ');
      throw badRubric(source, `criteria[${index}].evaluator`, criterion.evaluator, names);
    }
    const where = { source, place: `criteria[${index}].parameters` };
    evaluator.prepare(criterion.parameters, { tag: rubric.locale, profile }, where);
  }
}

function checkUniqueKeys(rubric: RubricFile, source: string): void {
  const keys = rubric.criteria.map(({ key }) => key);
  const again = keys.findIndex((key, index) => keys.indexOf(key) < index);
  if (again >= 0) throw badRubric(source, `criteria[${again}].key`, keys[again], 'each key once');
}

function badRubric(source: string, place: string, found: string, allowed: string): BadInputError {
  return new BadInputError({ source, place, found: JSON.stringify(found), allowed });
}
