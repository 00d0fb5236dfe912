import type { CriterionKind } from '../../../core/domain/rubric.js';

/** How a language model is asked: which of two answers, how good one is, or which criteria one satisfies. */
export type JudgeModeName = 'pairwise' | 'pointwise' | 'checklist';

/**
 * The wording of a judge's prompt in one language. `{name}` is filled in; what stands between fences and in the reply
 * is the same in every language. A changed word changes the fingerprint of the judges that use it.
 */
export interface JudgeTexts {
  /** Primary language subtag. */
  readonly language: string;
  readonly task: Readonly<Record<JudgeModeName, string>>;
  /** Heads the criteria of a holistic question: `{title}`, `{locale}`. */
  readonly rubric: string;
  /** Heads the only criterion of a question: `{title}`, `{locale}`. */
  readonly criterion: string;
  readonly kinds: Readonly<Record<CriterionKind, string>>;
  /** `{weight}` */
  readonly weight: string;
  readonly veto: string;
  /** Before an answer that stands on a level. */
  readonly exemplar: string;
  /** What fences mean: `{nonce}`. */
  readonly fences: string;
  /** The output contract: `{pattern}`. */
  readonly contract: Readonly<Record<JudgeModeName, string>>;
  /** After a reply that broke the contract: `{contract}`. */
  readonly repair: string;
}

/** Puts values into a text's `{name}` places, once: what a value holds is not looked at again. */
export function fillText(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/gu, (place, name: string) => values[name] ?? place);
}
