import { findEntities } from '../../core/domain/entity-mention.js';
import type { EntityMention } from '../../core/domain/entity-mention.js';
import type { LocaleProfile } from '../../core/domain/locale.js';
import type { Prompt } from '../../core/domain/prompt.js';
import { wordSpans, type WordProfile } from '../../core/domain/words.js';

/**
 * An answer, read once for all evaluators. Invariant: `mentions` holds the seen half of the gazetteer only. No rule
 * may look at the other half, since evaluation counts on nobody having been paid for it.
 */
export interface AnswerReading {
  readonly prompt: Prompt;
  /** Unicode NFC, trimmed. */
  readonly text: string;
  /** As the locale tells them apart, in order. [word] */
  readonly words: readonly string[];
  /** Non-empty stretches between full stops, question marks, exclamation marks and line ends. [sentence] */
  readonly sentences: readonly string[];
  readonly mentions: readonly EntityMention[];
}

const SENTENCE_END = /[.!?！？؟。…\n]+/u;

/** Cuts an answer into what evaluators look at. */
export function readAnswer(prompt: Prompt, answer: string, profile: LocaleProfile): AnswerReading {
  const text = answer.normalize('NFC').trim();
  return {
    prompt,
    text,
    words: wordsOf(text, profile),
    sentences: text.split(SENTENCE_END).filter((sentence) => /\p{L}/u.test(sentence)),
    mentions: findEntities(text, profile).filter((mention) => mention.entry.half === 'seen'),
  };
}

/** The words of a text, in order, as the locale tells them apart. */
export function wordsOf(text: string, profile: WordProfile): readonly string[] {
  return wordSpans(text, profile).map((word) => word.text);
}
