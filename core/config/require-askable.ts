import type { Rubric } from '../domain/rubric.js';
import { BadInputError } from '../errors.js';
import { compileJudges, type JudgesChoice } from './judges-options.js';

/**
 * Refuses a rubric that a run's judges cannot be asked about in the way that the run asks: a formula needs each answer's own
 * scores, and verdicts on criteria are about pairs.
 */
export function requireAskable(
  { id, composite }: Pick<Rubric, 'id' | 'composite'>,
  judges?: JudgesChoice,
): void {
  if (composite === undefined || compileJudges(judges).asks === 'rubric') return;
  throw new BadInputError({
    source: `rubric ${id}`,
    place: 'composite',
    found: 'a formula, while the run asks its judges by criterion',
    allowed: 'the weighted mean (leave composite out), or a run file with judges.asks: rubric',
  });
}
