import type { Locale } from './prompt.js';

export type CriterionKind = 'hard_rule' | 'principle' | 'pitfall';

/** One thing a rubric asks for. */
export interface Criterion {
  readonly key: string;
  readonly version: number;
  readonly dimension: string;
  readonly kind: CriterionKind;
  readonly weight: number;
  /** Registered evaluator's name, `deterministic` criteria only name code that exists. */
  readonly evaluator: string;
  /** Evaluator's parameters, checked by the evaluator's own schema. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** What a judge is told, in English. */
  readonly description: string;
  readonly rationale?: string;
  readonly sources: readonly string[];
  /** A criterion value at or below the threshold sets the whole reward to the floor. */
  readonly veto?: { readonly threshold: number };
}

/** A versioned, content-hashed, swappable statement of what a good answer is in a culture. */
export interface Rubric {
  readonly id: string;
  readonly version: string;
  readonly title: string;
  readonly locale: Locale;
  readonly criteria: readonly Criterion[];
  /** Reward of an answer that a veto or the policy's own malformation rules out. */
  readonly floor: number;
  /** sha256 over the canonical JSON of everything above. */
  readonly hash: string;
}
