import type { Preference } from '../../core/domain/preference.js';
import type { Prompt } from '../../core/domain/prompt.js';
import { contentHash } from '../../core/runtime/content-hash.js';

/** Two answers to one prompt and how far the first is held for the better one: what text models learn from. */
export interface LabelledPair {
  readonly prompt: Prompt;
  readonly first: string;
  readonly second: string;
  /** y, in [0, 1]. */
  readonly probabilityFirst: number;
  /** Above 0; pairs of one prompt share weight 1. */
  readonly weight: number;
  /** m: how far the better answer should lead, in logits; 0 unless told. */
  readonly margin?: number;
  /** The pair was called even, which says more than that nobody knows. */
  readonly tie?: boolean;
}

/** A fused preference as what it teaches. */
export function labelledPair({ pair, probabilityFirst, weight }: Preference): LabelledPair {
  return { prompt: pair.prompt, first: pair.first, second: pair.second, probabilityFirst, weight };
}

/** sha256 of what a model learns from: every pair's prompt, answers, label, weight, margin and tie, in order. */
export function labelledPairsHash(pairs: readonly LabelledPair[]): string {
  return contentHash(
    pairs.map(({ prompt, first, second, probabilityFirst, weight, margin = 0, tie = false }) => [
      prompt.locale,
      prompt.category ?? '',
      prompt.text,
      first,
      second,
      probabilityFirst,
      weight,
      margin,
      tie,
    ]),
  );
}
