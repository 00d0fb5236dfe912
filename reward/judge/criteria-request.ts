import type { Criterion } from '../../core/domain/rubric.js';
import type { JudgeRequest } from './judge.js';

/** A request with the criteria that it is about: the one asked for, or those of the rubric that apply to the prompt. */
export interface CriteriaRequest extends JudgeRequest {
  readonly criteria: readonly Criterion[];
}
