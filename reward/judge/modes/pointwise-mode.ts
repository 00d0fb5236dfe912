import { compareScores } from '../compare-scores.js';
import type { JudgeMode, ReplyReading } from '../judge-mode.js';

/** One digit, so that a grade is one token and its log-probabilities can be read. */
const GRADES = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/**
 * A grade for each answer alone. The expected grade Σ p(g)·g, as in G-Eval (Liu et al. 2023, arXiv 2303.16634), is put
 * on [0, 1] and the two are compared.
 */
export const pointwiseMode: JudgeMode = {
  name: 'pointwise',
  orderBlind: true,
  questions: ({ pair }) => [[{ name: 'ANSWER', text: pair.first }], [{ name: 'ANSWER', text: pair.second }]],
  fields: () => [{ name: 'grade', options: GRADES }],
  score: ([first, second]) => compareScores(expectedGrade(first), expectedGrade(second)),
};

/** In [0, 1]. */
function expectedGrade({ grade }: ReplyReading): number {
  const expected = GRADES.reduce((sum, value, at) => sum + grade[at] * value, 0);
  return (expected - 1) / (GRADES.length - 1);
}
