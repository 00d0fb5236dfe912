import type { Prompt } from '../../core/domain/prompt.js';
import { LONGEST_TEXT } from '../judge/answer-limits.js';
import type { AnswerScorer } from '../judge/answer-scorer.js';

/** Says why an answer is ruled out before any model looks at it; undefined lets it pass. */
export type AnswerGate = (prompt: Prompt, answer: string) => string | undefined;

/**
 * A rubric's vetoes as a gate before the reward model. A model trained on a policy's own answers has seen little of what
 * the policy may yet invent (loops, piled-up names, letters to the judge); the rules know it at once. An answer that no
 * judge would read is ruled out by its length alone, before any rule reads it.
 */
export function createVetoGate(scoreAnswer: AnswerScorer): AnswerGate {
  return (prompt, answer) => {
    if (answer.length > LONGEST_TEXT) {
      return `the answer has ${answer.length} characters; at most ${LONGEST_TEXT} are read`;
    }
    const { vetoedBy } = scoreAnswer(prompt, answer);
    return vetoedBy === undefined ? undefined : `ruled out by criterion ${vetoedBy}`;
  };
}
