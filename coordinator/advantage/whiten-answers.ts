import { maskedWhiten } from '../../core/math/whitening.js';
import { joinFloats } from './join-floats.js';
import type { AnswerAdvantage } from './answer.js';

/**
 * Whitens advantages over all tokens of the contributing answers together; returns stay as they are. Fewer than two
 * tokens have no variance, so nothing contributes then.
 */
export function whitenAnswers(
  answers: readonly (AnswerAdvantage | undefined)[],
): readonly (AnswerAdvantage | undefined)[] {
  const flat = joinFloats(answers.flatMap((answer) => answer?.advantages ?? []));
  if (flat.length < 2) return answers.map(() => undefined);
  const white = maskedWhiten(flat, new Float32Array(flat.length).fill(1));
  let taken = 0;
  return answers.map((answer) => {
    if (answer === undefined) return undefined;
    const start = taken;
    taken += answer.advantages.length;
    return { ...answer, advantages: white.subarray(start, taken) };
  });
}
