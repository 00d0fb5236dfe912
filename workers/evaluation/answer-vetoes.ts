/** Why the control judge rules an answer out whatever its wording; undefined where it does not. */
export type Veto = 'degenerate' | 'repetitive' | 'stuffed';

const MINIMUM_WORDS = 3;
const SMALLEST_DISTINCT_SHARE = 0.6;
const LIST_ITEMS = 4;
const WORDS_PER_ITEM = 2;

/**
 * Rules out degenerate answers (fewer than three words, or the prompt given back), repetitive ones (under 60% of
 * the words distinct) and stuffed ones (a run of four or more list items of at most two words). It knows no gazetteer: piling up names is seen by its shape alone.
 */
export function findVeto(prompt: string, answer: string): Veto | undefined {
  const words = wordsOf(answer);
  if (words.length < MINIMUM_WORDS || wordsOf(prompt).join(' ') === words.join(' ')) return 'degenerate';
  if (isRepetitive(words)) return 'repetitive';
  return longestListRun(answer) >= LIST_ITEMS ? 'stuffed' : undefined;
}

/** Share of an answer's word bigrams that already occurred in it; 0 for answers of fewer than two words. */
export function repetitionOf(answer: string): number {
  const words = wordsOf(answer);
  if (words.length < 2) return 0;
  const bigrams = words.slice(1).map((word, at) => `${words[at] ?? ''} ${word}`);
  return 1 - new Set(bigrams).size / bigrams.length;
}

/** Words in order: letters, marks and digits, punctuation dropped. */
export function wordsOf(text: string): string[] {
  return text.normalize('NFC').match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

function isRepetitive(words: readonly string[]): boolean {
  const distinct = new Set(words).size;
  return words.length >= 5 && distinct / words.length < SMALLEST_DISTINCT_SHARE;
}

// Arabic و and Korean 와/과/하고/랑 join items as commas do.
const SEPARATORS = /[،,؛;、·]|\s+و(?=\p{L})|(?<=\p{L})(?:와|과|하고|랑|이랑)\s/gu;

function longestListRun(answer: string): number {
  let longest = 0;
  let run = 0;
  for (const item of answer.split(SEPARATORS)) {
    const length = wordsOf(item).length;
    run = length > 0 && length <= WORDS_PER_ITEM ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}
