import { compareRubrics, type RubricSide } from '../../../reward/rubric/compare-rubrics.js';
import type { CommandResult } from '../session.js';
import { pairsToCompare, type PairsSource } from './diff/pairs-to-compare.js';
import { rubricDiffText } from './diff/rubric-diff-text.js';
import { findRubric, rubricPath } from './find-rubric.js';
import { askedCriteria, ruleScorer } from './rule-scorer.js';

export interface DiffRubricsRequest extends PairsSource {
  /** A shipped rubric's id, or a file: the one in force. */
  readonly before: string;
  readonly after: string;
}

/** Shows, without training, what another rubric would change about the preferences of stored pairs. */
export async function diffRubrics(request: DiffRubricsRequest): Promise<CommandResult> {
  const [before, after] = [await side(request.before), await side(request.after)];
  const pairs = await pairsToCompare(request, before.rubric.locale);
  const comparison = compareRubrics([before, after], pairs);
  const described = [before, after].map(({ rubric }) => {
    const { id, version, hash } = rubric;
    return { id, version, hash, notCompared: askedCriteria(rubric) };
  });
  return {
    json: { before: described[0], after: described[1], ...comparison },
    text: rubricDiffText([before.rubric, after.rubric], comparison),
  };
}

async function side(name: string): Promise<RubricSide> {
  const rubric = await findRubric(name);
  return { rubric, scoreAnswer: await ruleScorer(rubric, rubricPath(name)) };
}
