import { contentHash } from '../../core/runtime/content-hash.js';
import type { Judge, JudgeRequest } from '../judge/judge.js';

/**
 * What a verdict depends on, as one hash: the judge (its fingerprint: model, prompt version, sampling), the question
 * (the criterion or the whole rubric), the locale that it is put in, prompt, answers and order. Not the pair's name, the
 * run or the rubric around a criterion: a verdict on a criterion holds in every rubric that has it.
 */
export function judgementKey(judge: Pick<Judge, 'id' | 'fingerprint'>, request: JudgeRequest): string {
  const { pair, rubric, criterion, order } = request;
  return contentHash({
    judge: judge.fingerprint ?? judge.id,
    question: criterion === undefined ? { rubric: rubric.hash } : { criterion: criterion.hash },
    locale: rubric.locale,
    prompt: { text: pair.prompt.text, locale: pair.prompt.locale, category: pair.prompt.category },
    first: pair.first,
    second: pair.second,
    order,
  });
}
