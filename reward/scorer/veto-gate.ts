import type { LocaleProfile } from '../../core/domain/locale.js';
import type { Prompt } from '../../core/domain/prompt.js';
import { ASKED_EVALUATORS, type Rubric } from '../../core/domain/rubric.js';
import { LONGEST_TEXT } from '../judge/answer-limits.js';
import { createAnswerScorer, type AnswerScorer } from '../judge/answer-scorer.js';

/** Says why an answer is ruled out before any model looks at it; undefined lets it pass. */
export type AnswerGate = (prompt: Prompt, answer: string) => string | undefined;

/**
 * A rubric's vetoes as a gate before the reward model. A model trained on a policy's own answers has seen little of what
 * the policy may yet invent (loops, piled-up names, letters to the judge); the rules know it at once. An answer that no
 * judge would read is ruled out by its length alone, before any rule reads it.
 */
export function createVetoGate(scoreAnswer: AnswerScorer): AnswerGate {
  return (prompt, answer) => {
    const reason = tooLong(answer);
    if (reason !== undefined) return reason;
    const { vetoedBy } = scoreAnswer(prompt, answer);
    return vetoedBy === undefined ? undefined : `ruled out by criterion ${vetoedBy}`;
  };
}

/** The gate of a rubric without vetoes, which reads nothing. */
export const lengthGate: AnswerGate = (_prompt, answer) => tooLong(answer);

/** The gate of a rubric. Rules that veto nothing are not asked, and where none does nothing but lengths is looked at. */
export function createRubricGate(rubric: Rubric, profile: LocaleProfile): AnswerGate {
  const criteria = rubric.criteria.filter(
    ({ veto, evaluator }) => veto !== undefined && !ASKED_EVALUATORS.has(evaluator),
  );
  if (criteria.length === 0) return lengthGate;
  return createVetoGate(createAnswerScorer({ ...rubric, criteria }, profile));
}

function tooLong({ length }: string): string | undefined {
  return length > LONGEST_TEXT
    ? `the answer has ${length} characters; at most ${LONGEST_TEXT} are read`
    : undefined;
}
