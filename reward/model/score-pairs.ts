import type { Locale } from '../../core/domain/prompt.js';
import type { LabelledPair } from './labelled-pair.js';
import type { RewardModel } from './reward-model.js';

/** A labelled pair and what a reward model gave it. */
export interface ScoredPair {
  /** Tells prompts apart; pairs of one prompt are not independent. */
  readonly promptKey: string;
  readonly locale: Locale;
  /** y. */
  readonly probabilityFirst: number;
  /** How far the first answer leads, in logits. */
  readonly lead: number;
  /** Sum of both answers' variances. */
  readonly variance: number;
  /** Characters that the first answer is longer by. */
  readonly lengthGap: number;
}

export interface ScoredPairs {
  readonly scored: readonly ScoredPair[];
  /** Pairs that were left out, by why: equal answers, or an answer without a score. */
  readonly excluded: Readonly<Record<string, number>>;
}

const PAIRS_PER_CALL = 512;

/** Scores both answers of each pair, in order. Pairs of equal answers are left out: no model can be right about them. */
export async function scorePairs(
  model: RewardModel,
  pairs: readonly LabelledPair[],
  options: { readonly signal?: AbortSignal; readonly onProgress?: (done: number, all: number) => void } = {},
): Promise<ScoredPairs> {
  const scored: ScoredPair[] = [];
  const excluded: Record<string, number> = {};
  const unequal = pairs.filter(({ first, second }) => first !== second);
  if (unequal.length < pairs.length) excluded.equal_answers = pairs.length - unequal.length;
  for (let start = 0; start < unequal.length; start += PAIRS_PER_CALL) {
    const chunk = unequal.slice(start, start + PAIRS_PER_CALL);
    const answers = chunk.flatMap(({ prompt, first, second }) => [
      { prompt, answer: first },
      { prompt, answer: second },
    ]);
    const outcomes = await model.score(answers, options.signal);
    for (const [at, pair] of chunk.entries()) {
      const [first, second] = [outcomes[2 * at], outcomes[2 * at + 1]];
      if (first.kind === 'scored' && second.kind === 'scored') {
        scored.push({
          promptKey: `${pair.prompt.locale}\n${pair.prompt.text}`,
          locale: pair.prompt.locale,
          probabilityFirst: pair.probabilityFirst,
          lead: first.score.mean - second.score.mean,
          variance: first.score.variance + second.score.variance,
          lengthGap: pair.first.length - pair.second.length,
        });
        continue;
      }
      const { kind } = first.kind === 'scored' ? second : first;
      excluded[kind] = (excluded[kind] ?? 0) + 1;
    }
    options.onProgress?.(Math.min(unequal.length, start + PAIRS_PER_CALL), unequal.length);
  }
  return { scored, excluded };
}
