import type { Prompt } from './prompt.js';

/** Two answers to one prompt, waiting for judgement. */
export interface AnswerPair {
  readonly id: string;
  readonly prompt: Prompt;
  readonly first: string;
  readonly second: string;
}

/** An aggregated, soft preference. */
export interface Preference {
  readonly pair: AnswerPair;
  readonly rubricHash: string;
  /** Probability that `first` is the better answer, in [0, 1]. */
  readonly probabilityFirst: number;
  /** Weight of the pair in training; pairs of one prompt share weight 1. */
  readonly weight: number;
  /** Verdicts that were excluded because they carried no score. */
  readonly excludedVerdicts: number;
}
