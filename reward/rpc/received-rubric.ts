import { parseJson } from '../../core/config/parse-json.js';
import type { Rubric } from '../../core/domain/rubric.js';
import { BadInputError } from '../../core/errors.js';
import { criterionHash, rubricHash } from '../rubric/rubric-hash.js';
import { rubricSchema } from '../rubric/rubric-schema.js';

const SOURCE = 'message majlis.v1.JudgeRequest, rubric';

/** Rubrics that were read lately, by their text: each stands in thousands of requests. */
const MOST_KNOWN = 64;

/**
 * Reads rubrics that peers send as JSON. Verdicts are kept under a rubric's hash, so that one which states another hash
 * than its content has is refused.
 */
export class ReceivedRubrics {
  private readonly known = new Map<string, Rubric>();

  read(text: string): Rubric {
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const rubric = parseRubric(text);
    const [oldest] = this.known.keys();
    if (this.known.size >= MOST_KNOWN && oldest !== undefined) this.known.delete(oldest);
    this.known.set(text, rubric);
    return rubric;
  }
}

function parseRubric(text: string): Rubric {
  const file = parseJson(text, rubricSchema, { source: SOURCE });
  const criteria = file.criteria.map(({ hash: stated, ...criterion }, index) => {
    const hash = criterionHash(criterion);
    if (stated !== undefined) requireHash(stated, hash, `criteria[${index}].hash`);
    return { ...criterion, hash };
  });
  const { hash: stated, ...content } = { ...file, criteria };
  const hash = rubricHash(content);
  requireHash(stated, hash, 'hash');
  return { ...content, hash };
}

function requireHash(stated: string | undefined, hash: string, place: string): void {
  if (stated === hash) return;
  throw new BadInputError({
    source: SOURCE,
    place,
    found: stated ?? 'none',
    allowed: `${hash}, the content's`,
  });
}
