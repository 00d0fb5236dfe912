import type { PreferencePair } from './preference-pair.js';
import type { Demonstration } from './supervised-fine-tuning.js';

/**
 * What supervised fine-tuning on chosen answers learns from: the preferred answer of every pair that has a side. A label
 * counts by its margin |2p − 1| times the pair's weight, so that a doubtful preference teaches little, and one at ½ nothing.
 */
export function preferredAnswers(pairs: readonly PreferencePair[]): Demonstration[] {
  return pairs.flatMap(({ promptTokenIds, first, second, probabilityFirst, weight }) => {
    const margin = Math.abs(2 * probabilityFirst - 1) * weight;
    if (margin === 0) return [];
    return [{ promptTokenIds, answerTokenIds: probabilityFirst > 0.5 ? first : second, weight: margin }];
  });
}
