import type { Prompt } from '../../core/domain/prompt.js';
import type { Criterion } from '../../core/domain/rubric.js';

const RUN = /[\p{L}\p{M}\p{N}]+/gu;
/** Scripts that are written without spaces between words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/**
 * Whether a criterion applies to answers to a prompt; see `PromptPredicate`. A word in a script that is written without
 * spaces is found anywhere in the prompt, any other as a whole word.
 */
export function appliesTo({ appliesWhen }: Pick<Criterion, 'appliesWhen'>, prompt: Prompt): boolean {
  if (appliesWhen === undefined) return true;
  const { categories, words } = appliesWhen;
  if (categories !== undefined && !categories.includes(prompt.category ?? '')) return false;
  if (words === undefined) return true;
  const text = folded(prompt.text);
  const asked = new Set(text.match(RUN));
  return words.map(folded).some((word) => (UNSPACED.test(word) ? text.includes(word) : asked.has(word)));
}

function folded(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
