import type { Outcome, PairScore, PairVerdict } from '../../core/domain/verdict.js';
import type { JudgeRequest } from './judge.js';

/** The verdict of a judge on a request. */
export function verdictOf(judgeId: string, request: JudgeRequest, outcome: Outcome<PairScore>): PairVerdict {
  const { pair, rubric, criterion, order } = request;
  const asked = criterion === undefined ? {} : { criterionHash: criterion.hash };
  return { judgeId, rubricHash: rubric.hash, ...asked, pairId: pair.id, order, outcome };
}
