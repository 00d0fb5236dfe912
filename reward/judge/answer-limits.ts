import type { AnswerPair } from '../../core/domain/preference.js';
import type { Outcome, PairScore } from '../../core/domain/verdict.js';

/** Longest prompt or answer that any judge reads, in UTF-16 units, unless it is told otherwise. */
export const LONGEST_TEXT = 100_000;

/**
 * The failure of a pair that is too long to be read, undefined where it is not. It looks at lengths only, so that a
 * giant answer costs nothing: no normal form, no pattern, no hash of it is computed.
 */
export function refuseLongPair(pair: AnswerPair, longest = LONGEST_TEXT): Outcome<PairScore> | undefined {
  const texts: [string, string][] = [
    ['prompt', pair.prompt.text],
    ['first answer', pair.first],
    ['second answer', pair.second],
  ];
  const tooLong = texts.find(([, text]) => text.length > longest);
  if (tooLong === undefined) return undefined;
  const [name, { length }] = tooLong;
  const reason = `the ${name} has ${length} characters; a judge reads at most ${longest}`;
  return { kind: 'judge_failed', reason, retryable: false };
}

/**
 * About how many tokens a text is: a third of its UTF-8 bytes, which is on the safe side for English (about a quarter)
 * and near the truth of multilingual byte-level vocabularies for Arabic, Korean and Japanese. An estimate; who knows
 * the model's tokenizer counts instead.
 */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text, 'utf8') / 3);
}
