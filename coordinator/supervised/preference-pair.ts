/** Two answers to one prompt as token ids, with a soft label. */
export interface PreferencePair {
  readonly promptTokenIds: readonly number[];
  readonly first: readonly number[];
  readonly second: readonly number[];
  /** Probability that the first is better, in [0, 1]. */
  readonly probabilityFirst: number;
  readonly weight: number;
}
