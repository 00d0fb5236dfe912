import type { Preference } from '../../core/domain/preference.js';
import type { Prompt } from '../../core/domain/prompt.js';
import { contentHash } from '../../core/runtime/content-hash.js';

/** Prompt and answer as the reward model reads them: one sequence that ends where the answer does. */
export interface EncodedAnswer {
  /** [token] */
  readonly tokenIds: readonly number[];
  /** How many of them are the answer's. */
  readonly answerLength: number;
}

/** Renders and tokenizes an answer to a prompt, within the model's context. The composition owns the tokenizer. */
export type AnswerEncoder = (prompt: Prompt, answer: string) => EncodedAnswer;

/** A preference in tokens. */
export interface EncodedPair {
  readonly promptId: string;
  readonly first: EncodedAnswer;
  readonly second: EncodedAnswer;
  /** Probability that the first is better. */
  readonly probabilityFirst: number;
  readonly weight: number;
}

/** Encodes preferences; each answer is encoded once however many pairs it stands in. */
export function encodePreferences(preferences: readonly Preference[], encode: AnswerEncoder): EncodedPair[] {
  const known = new Map<string, EncodedAnswer>();
  const encodeOnce = (prompt: Prompt, answer: string): EncodedAnswer => {
    const key = `${prompt.id}\n${answer}`;
    const encoded = known.get(key) ?? encode(prompt, answer);
    known.set(key, encoded);
    return encoded;
  };
  return preferences.map(({ pair, probabilityFirst, weight }) => ({
    promptId: pair.prompt.id,
    first: encodeOnce(pair.prompt, pair.first),
    second: encodeOnce(pair.prompt, pair.second),
    probabilityFirst,
    weight,
  }));
}

/** sha256 of what a reward model learns from: every pair's texts, label and weight, in order. */
export function preferencesHash(preferences: readonly Preference[]): string {
  return contentHash(
    preferences.map(({ pair, rubricHash, probabilityFirst, weight }) => [
      rubricHash,
      pair.prompt.id,
      pair.prompt.text,
      pair.first,
      pair.second,
      probabilityFirst,
      weight,
    ]),
  );
}
