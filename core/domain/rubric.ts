import type { Locale } from './prompt.js';

export type CriterionKind = 'hard_rule' | 'principle' | 'pitfall';

/** Met or not; one of a few described levels; or any value from 0 to 1. */
export type CriterionScale = 'binary' | 'ordinal' | 'continuous';

/**
 * Where a rubric stands: only written; scored beside the one in force; fit to be in force; no longer to be used. It is no
 * part of the rubric's hash: a draft that becomes active is the same rubric.
 */
export type RubricStatus = 'draft' | 'shadow' | 'active' | 'retired';

/** Evaluators that are no code: someone has to be asked. Every other name is a deterministic evaluator's. */
export const ASKED_EVALUATORS: ReadonlySet<string> = new Set(['judge', 'human']);

/** One rung of a criterion's scale, told so that two readers place an answer alike. */
export interface CriterionLevel {
  readonly level: number;
  readonly description: string;
  readonly exemplars: readonly LevelExemplar[];
}

/** An answer that stands on a level. */
export interface LevelExemplar {
  readonly prompt: string;
  readonly answer: string;
  readonly why: string;
}

/**
 * When a criterion applies. Invariant: the prompt alone decides. Were the answer looked at, a policy could earn by making
 * criteria not apply. Everything that is given has to hold.
 */
export interface PromptPredicate {
  /** The prompt's category is one of these. */
  readonly categories?: readonly string[];
  /** The prompt has one of these words; NFC, compared whole and in lower case. */
  readonly words?: readonly string[];
}

/** One thing a rubric asks for. */
export interface Criterion {
  readonly key: string;
  readonly version: number;
  readonly dimension: string;
  readonly kind: CriterionKind;
  readonly scale: CriterionScale;
  readonly weight: number;
  /** A deterministic evaluator's name, or `judge` or `human`. */
  readonly evaluator: string;
  /** Evaluator's parameters, checked by the evaluator's own schema. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** What a judge is told, in English. */
  readonly description: string;
  /** The same in the rubric's locale. */
  readonly localDescription?: string;
  /** Ascending. Whole numbers for an ordinal scale, 0 and 1 for a binary one. */
  readonly levels?: readonly CriterionLevel[];
  readonly appliesWhen?: PromptPredicate;
  readonly rationale?: string;
  readonly sources: readonly string[];
  /** A criterion score at or below the threshold, in [0, 1), sets the whole reward to the floor. */
  readonly veto?: { readonly threshold: number };
  /** Groups of readers among whom it may differ. For people: nothing is computed from it. */
  readonly groups?: {
    readonly subregion?: readonly string[];
    readonly religion?: readonly string[];
    readonly ageBand?: readonly string[];
  };
  /**
   * The locale itself is split on it: no level is the right one. `target` is the share of readers at each level, in the
   * order of the levels, summing to 1.
   */
  readonly contested?: { readonly target: readonly number[] };
  /**
   * sha256 over the canonical JSON of what changes its meaning: kind, scale, levels, evaluator, parameters, descriptions,
   * applicability, veto and contested target; not weight, rationale or sources. A verdict on a criterion holds as long as
   * this does.
   */
  readonly hash: string;
}

/** A versioned, content-hashed, swappable statement of what a good answer is in a culture. */
export interface Rubric {
  readonly id: string;
  /** Semantic version. */
  readonly version: string;
  readonly title: string;
  readonly locale: Locale;
  readonly status: RubricStatus;
  /** The rubric that this one was made from; its version is lower where it has the same id. */
  readonly parent?: { readonly id: string; readonly version: string; readonly hash: string };
  /** Whose answers these are to please. */
  readonly audience?: string;
  readonly authors?: readonly string[];
  /** Who read it; one whose native locale is the rubric's makes it checked by a native. */
  readonly reviewers?: readonly { readonly id: string; readonly nativeLocale: Locale }[];
  readonly changelog?: readonly string[];
  readonly criteria: readonly Criterion[];
  /** A formula over criterion keys, hyphens written as underscores; absent: the weighted mean. */
  readonly composite?: { readonly formula: string };
  /** Reward of an answer that a veto or the policy's own malformation rules out. */
  readonly floor: number;
  /** sha256 over the canonical JSON of everything above but status, authors, reviewers and changelog. */
  readonly hash: string;
}
