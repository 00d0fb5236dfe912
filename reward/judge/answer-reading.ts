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

/** What the gate of a reward has read, its model reads next, as far apart as the answers of a call. */
const MOST_KEPT = 512;
/** Longer answers are read again rather than kept, in UTF-16 units. */
const LONGEST_KEPT = 4096;
const newest = new WeakMap<LocaleProfile, Map<string, AnswerReading>>();

/** Cuts an answer into what evaluators look at; an answer to the same prompt that was read a moment ago is the same reading. */
export function readAnswer(prompt: Prompt, answer: string, profile: LocaleProfile): AnswerReading {
  const kept = keptFor(profile);
  const known = kept.get(answer);
  if (known?.prompt === prompt) return known;
  const reading = cutAnswer(prompt, answer, profile);
  if (answer.length > LONGEST_KEPT) return reading;
  for (const oldest of kept.keys()) {
    if (kept.size < MOST_KEPT) break;
    kept.delete(oldest);
  }
  kept.set(answer, reading);
  return reading;
}

function keptFor(profile: LocaleProfile): Map<string, AnswerReading> {
  const known = newest.get(profile);
  if (known !== undefined) return known;
  const fresh = new Map<string, AnswerReading>();
  newest.set(profile, fresh);
  return fresh;
}

function cutAnswer(prompt: Prompt, answer: string, profile: LocaleProfile): AnswerReading {
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
