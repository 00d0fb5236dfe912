import type { Criterion, Rubric } from '../../core/domain/rubric.js';
import { BadInputError } from '../../core/errors.js';
import type { RubricContext } from './check-rubric.js';
import { checkRubric } from './check-rubric.js';
import { resolveRubric } from './resolve-rubric.js';
import { criterionHash, rubricHash } from './rubric-hash.js';
import type { CriterionFile } from './rubric-schema.js';

/**
 * Reads a rubric with what it extends and checks all that it refers to, so that a rubric that loads can be judged by. Its
 * hash is over the canonical JSON of its content: neither layout nor comments nor key order of the file matter. A file that
 * states a hash has to have the content of that hash.
 */
export async function loadRubric(path: string, context: RubricContext): Promise<Rubric> {
  const resolved = await resolveRubric(path);
  await checkRubric(resolved, path, context);
  const { hash: stated, ...file } = resolved.file;
  const criteria = file.criteria.map((criterion, index) =>
    toCriterion(criterion, path, resolved.places[index]),
  );
  const content = { ...file, criteria };
  const hash = rubricHash(content);
  requireStated(stated, hash, path, 'hash');
  return { ...content, hash };
}

function toCriterion(
  { hash: stated, ...criterion }: CriterionFile,
  source: string,
  place: string,
): Criterion {
  const hash = criterionHash(criterion);
  requireStated(stated, hash, source, `${place}.hash`);
  return { ...criterion, hash };
}

function requireStated(stated: string | undefined, hash: string, source: string, place: string): void {
  if (stated === undefined || stated === hash) return;
  throw new BadInputError({
    source,
    place,
    found: `${stated.slice(0, 12)}…, while the content has ${hash.slice(0, 12)}…`,
    allowed: 'the hash of the content, or none',
  });
}
