import { z } from 'zod';

import { parseJson } from '../../config/parse-json.js';
import { BadInputError } from '../../errors.js';
import { bytesOfToken, byteCharacters } from './byte-alphabet.js';
import type { Merge, Merges } from './byte-pair-encoding.js';
import { pairKey } from './byte-pair-encoding.js';

const plainByteLevel = z.object({
  type: z.literal('ByteLevel'),
  add_prefix_space: z.literal(false),
  use_regex: z.literal(true).optional(),
});

/**
 * The part of Hugging Face's tokenizer.json that this tokenizer computes: byte-level BPE without normalizer, prefix
 * space, dropout or unknown token. A file that asks for more is refused, since its ids would differ.
 */
const fileSchema = z.object({
  normalizer: z.null().optional(),
  truncation: z.null().optional(),
  padding: z.null().optional(),
  pre_tokenizer: plainByteLevel,
  post_processor: z.object({ type: z.literal('ByteLevel') }).nullish(),
  decoder: z.object({ type: z.literal('ByteLevel') }),
  added_tokens: z.array(
    z.object({ id: z.int().nonnegative(), content: z.string().min(1), special: z.literal(true) }),
  ),
  model: z.object({
    type: z.literal('BPE').optional(),
    dropout: z.null().optional(),
    unk_token: z.null().optional(),
    continuing_subword_prefix: z.literal('').nullish(),
    end_of_word_suffix: z.literal('').nullish(),
    byte_fallback: z.literal(false).optional(),
    ignore_merges: z.literal(false).optional(),
    vocab: z.record(z.string(), z.int().nonnegative()),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
  }),
});

/** A tokenizer.json, read into what encoding and decoding need. */
export interface TokenizerTables {
  /** Ids run from 0 to vocabSize − 1; some may be unused. */
  readonly vocabSize: number;
  /** Id of each byte's own token. [byte] */
  readonly byteIds: readonly number[];
  /** What each id stands for, special tokens excepted. */
  readonly tokenBytes: ReadonlyMap<number, Uint8Array>;
  readonly merges: Merges;
  /** Special tokens' ids by their text. */
  readonly specialIds: ReadonlyMap<string, number>;
}

type File = z.output<typeof fileSchema>;

/** What one tokenizer.json is made of. */
export interface TokenizerParts {
  readonly vocab: Readonly<Record<string, number>>;
  /** The two tokens of each merge, in the order found. */
  readonly merges: readonly (readonly [string, string])[];
  readonly specialTokens: readonly { readonly id: number; readonly content: string }[];
}

/** The text of a tokenizer.json that Hugging Face tokenizers loads. */
export function renderTokenizerJson(parts: TokenizerParts): string {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const file = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: parts.specialTokens.map(({ id, content }) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: parts.vocab,
      merges: parts.merges.map(([left, right]) => `${left} ${right}`),
    },
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Reads the text of a tokenizer.json; `source` names it in errors. */
export function parseTokenizerJson(text: string, source: string): TokenizerTables {
  const file = parseJson(text, fileSchema, { source });
  const vocab = new Map(Object.entries(file.model.vocab));
  const specialIds = new Map(file.added_tokens.map(({ content, id }) => [content, id]));
  const ids = [...vocab.values(), ...specialIds.values()];
  return {
    vocabSize: ids.reduce((largest, id) => Math.max(largest, id), -1) + 1,
    byteIds: byteCharacters.map((character) => idOf(vocab, character, `${source} at model.vocab`)),
    tokenBytes: readTokenBytes(vocab, specialIds, source),
    merges: readMerges(file, vocab, source),
    specialIds,
  };
}

function idOf(vocab: ReadonlyMap<string, number>, token: string, source: string): number {
  const id = vocab.get(token);
  if (id !== undefined) return id;
  throw new BadInputError({
    source,
    found: `no token ${JSON.stringify(token)}`,
    allowed: 'a byte-level vocabulary with all 256 bytes and every part of a merge',
  });
}

function readTokenBytes(
  vocab: ReadonlyMap<string, number>,
  specialIds: ReadonlyMap<string, number>,
  source: string,
): Map<number, Uint8Array> {
  const tokenBytes = new Map<number, Uint8Array>();
  for (const [token, id] of vocab) {
    if (specialIds.get(token) === id) continue;
    const bytes = bytesOfToken(token);
    if (bytes === undefined || tokenBytes.has(id)) {
      const found = bytes === undefined ? `token ${JSON.stringify(token)}` : `id ${String(id)} twice`;
      const allowed = "one id per token, written in GPT-2's byte alphabet";
      throw new BadInputError({ source, place: 'model.vocab', found, allowed });
    }
    tokenBytes.set(id, bytes);
  }
  return tokenBytes;
}

function readMerges(file: File, vocab: ReadonlyMap<string, number>, source: string): Map<number, Merge> {
  const merges = new Map<number, Merge>();
  file.model.merges.forEach((entry, rank) => {
    const place = `model.merges.${String(rank)}`;
    const parts = typeof entry === 'string' ? entry.split(' ') : entry;
    if (parts.length !== 2) {
      throw new BadInputError({ source, place, found: JSON.stringify(entry), allowed: 'two tokens' });
    }
    const [left, right] = parts;
    const key = pairKey(
      idOf(vocab, left, `${source} at ${place}`),
      idOf(vocab, right, `${source} at ${place}`),
    );
    merges.set(key, { rank, id: idOf(vocab, left + right, `${source} at ${place}`) });
  });
  return merges;
}
