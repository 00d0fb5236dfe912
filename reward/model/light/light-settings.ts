/** What a light reward model is fitted by; `LIGHT_DEFAULTS` says each default. */
export interface LightSettings {
  /** Heads on bootstrap samples of the prompts, beside the one on all of them; their spread is the model's doubt. */
  readonly heads: number;
  /** Share of the prompts that the model does not learn from: its temperature and its evaluation rest on them. */
  readonly heldOutShare: number;
  /** Number of hash buckets, a power of two. */
  readonly buckets: number;
  /** Shortest and longest character n-gram. */
  readonly shortestNgram: number;
  readonly longestNgram: number;
  /** λ of ½λ‖w‖² on n-grams, on criteria with what locales weigh otherwise, and on the nuisance features. */
  readonly ngramPenalty: number;
  readonly criterionPenalty: number;
  readonly stylePenalty: number;
  /**
   * Logits per point of the rules' composite that a model expects before it has seen a preference, as the mean of the prior: where
   * preferences are silent the rubric's rules decide. 0 knows nothing of them.
   */
  readonly compositePrior: number;
  /** c of c·(r₁ + r₂ − mean of r₁ + r₂)². */
  readonly centring: number;
  /** Even pairs count as half a win for either side, or have a probability of their own (Rao & Kupper 1967). */
  readonly ties: 'half' | 'rao_kupper';
  /** The fit ends at ‖gradient‖∞ ≤ this·(1 + Σω); at 1e-4 leads are within half a per cent of those at the minimum. */
  readonly gradientTolerance: number;
}

/**
 * The centring is TRL's and that of arXiv 2312.09244. A prior of λ = 1 is outweighed by tens of pairs that differ in a
 * feature, and keeps what one pair alone shows near 0. Four logits a point of the composite are the rule judge's
 * gain; λ = 0.1 lets preferences say otherwise by some three logits a point before they are many.
 */
export const LIGHT_DEFAULTS: LightSettings = {
  heads: 4,
  heldOutShare: 0.2,
  buckets: 1 << 16,
  shortestNgram: 2,
  longestNgram: 4,
  ngramPenalty: 1,
  criterionPenalty: 0.1,
  stylePenalty: 0.01,
  compositePrior: 4,
  centring: 0.01,
  ties: 'half',
  gradientTolerance: 1e-4,
};
