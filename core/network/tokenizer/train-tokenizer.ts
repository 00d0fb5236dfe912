import { BadInputError } from '../../errors.js';
import { byteCharacters } from './byte-alphabet.js';
import { joinPair, pairKey, pairOfKey } from './byte-pair-encoding.js';
import { preTokenize } from './pre-tokenize.js';
import { renderTokenizerJson } from './tokenizer-json.js';
import { Tokenizer } from './tokenizer.js';

/** How large a vocabulary to train. */
export interface TokenizerSpec {
  /** Special tokens and bytes included; fewer come out when no pair of tokens occurs twice any more. */
  readonly vocabSize: number;
  /** They get the first ids, in this order. */
  readonly specialTokens: readonly string[];
}

/** A distinct word of the corpus. */
interface Word {
  ids: number[];
  readonly count: number;
}

/**
 * Trains byte-level BPE: the most frequent pair of adjacent tokens becomes a token, again and again. Ties go to the
 * pair with the lower ids, so that the result depends on the corpus alone; Hugging Face's BpeTrainer, given the
 * full byte alphabet and a minimum frequency of 2, decides in the same way.
 */
export function trainTokenizer(texts: Iterable<string>, spec: TokenizerSpec): Tokenizer {
  const base = spec.specialTokens.length + byteCharacters.length;
  if (spec.vocabSize < base) {
    const found = `vocabulary size ${String(spec.vocabSize)}`;
    throw new BadInputError({ source: 'tokenizer', found, allowed: `at least ${String(base)}` });
  }
  // Bytes are numbered in the order of their characters, as BpeTrainer does.
  const tokens = [...spec.specialTokens, ...[...byteCharacters].sort()];
  const merges: [string, string][] = [];
  const trainer = new PairCounts(countWords(texts, tokens));
  while (tokens.length < spec.vocabSize) {
    const pair = trainer.mostFrequent();
    if (pair === undefined) break;
    trainer.merge(pair, tokens.length);
    merges.push([tokens[pair[0]], tokens[pair[1]]]);
    tokens.push(tokens[pair[0]] + tokens[pair[1]]);
  }
  const json = renderTokenizerJson({
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges,
    specialTokens: spec.specialTokens.map((content, id) => ({ id, content })),
  });
  return new Tokenizer(json, 'trained tokenizer');
}

function countWords(texts: Iterable<string>, tokens: readonly string[]): Word[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of preTokenize(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const byteIds = byteCharacters.map((character) => tokens.indexOf(character));
  return [...counts].map(([word, count]) => ({
    ids: [...Buffer.from(word, 'utf8')].map((byte) => byteIds[byte]),
    count,
  }));
}

/** How often each pair of adjacent tokens occurs in the corpus, and in which words. */
class PairCounts {
  private readonly counts = new Map<number, number>();
  private readonly places = new Map<number, Set<Word>>();

  constructor(words: readonly Word[]) {
    for (const word of words) this.add(word, 1);
  }

  /** The pair to merge next; undefined when none occurs twice. */
  mostFrequent(): readonly [number, number] | undefined {
    let best = -1;
    let most = 1;
    for (const [key, count] of this.counts) {
      if (count > most || (count === most && count > 1 && key < best)) {
        best = key;
        most = count;
      }
    }
    return best < 0 ? undefined : pairOfKey(best);
  }

  merge(pair: readonly [number, number], id: number): void {
    const key = pairKey(pair[0], pair[1]);
    for (const word of this.places.get(key) ?? []) {
      this.add(word, -1);
      word.ids = joinPair(word.ids, pair, id);
      this.add(word, 1);
    }
    this.counts.delete(key);
    this.places.delete(key);
  }

  private add(word: Word, sign: 1 | -1): void {
    const { ids, count } = word;
    for (let at = 0; at + 1 < ids.length; at += 1) {
      const key = pairKey(ids[at], ids[at + 1]);
      this.counts.set(key, (this.counts.get(key) ?? 0) + sign * count);
      if (sign === 1) this.placesOf(key).add(word);
    }
  }

  private placesOf(key: number): Set<Word> {
    const known = this.places.get(key);
    if (known !== undefined) return known;
    const places = new Set<Word>();
    this.places.set(key, places);
    return places;
  }
}
