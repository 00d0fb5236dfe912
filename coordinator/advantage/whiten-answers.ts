import { maskedWhiten } from '../../core/math/whitening.js';
import type { AnswerAdvantage } from './answer.js';

/**
 * Whitens advantages over all tokens of the contributing answers together; returns stay as they are. Fewer than two
 * tokens have no variance, so nothing contributes then.
 */
export function whitenAnswers(
  answers: readonly (AnswerAdvantage | undefined)[],
): readonly (AnswerAdvantage | undefined)[] {
  const tokens = answers.reduce((sum, answer) => sum + (answer?.advantages.length ?? 0), 0);
  if (tokens < 2) return answers.map(() => undefined);
  const flat = new Float32Array(tokens);
  let filled = 0;
  for (const answer of answers) {
    if (answer === undefined) continue;
    flat.set(answer.advantages, filled);
    filled += answer.advantages.length;
  }
  const white = maskedWhiten(flat, new Float32Array(tokens).fill(1));
  let taken = 0;
  return answers.map((answer) => {
    if (answer === undefined) return undefined;
    const start = taken;
    taken += answer.advantages.length;
    return { ...answer, advantages: white.subarray(start, taken) };
  });
}
