import { MajlisError } from '../../errors.js';
import { sha256 } from '../../runtime/content-hash.js';
import type { DecodedAnswer } from '../../tokens/chat-tokenizer.js';
import { mergeWord } from './byte-pair-encoding.js';
import { CHAT_TEMPLATE } from './chat-template.js';
import { preTokenize } from './pre-tokenize.js';
import type { TokenizerTables } from './tokenizer-json.js';
import { parseTokenizerJson } from './tokenizer-json.js';

const CACHED_WORDS = 50_000;
const LONGEST_CACHED_WORD = 64;

/**
 * Byte-level BPE, as Hugging Face tokenizers computes it from the same tokenizer.json.
 *
 * `encode` never yields a special token, whatever the text says: text comes from people and from models, and a
 * "<|assistant|>" typed by one of them is thirteen ordinary characters. Special tokens are placed by id alone.
 */
export class Tokenizer {
  /** sha256 of the chat template and the text of tokenizer.json together. */
  readonly hash: string;
  private readonly tables: TokenizerTables;
  private readonly specialTexts: ReadonlyMap<number, string>;
  private readonly words = new Map<string, readonly number[]>();

  /** `json` is the text of a tokenizer.json; `source` names it in errors. */
  constructor(
    readonly json: string,
    source = 'tokenizer.json',
  ) {
    this.tables = parseTokenizerJson(json, source);
    this.specialTexts = new Map([...this.tables.specialIds].map(([text, id]) => [id, text]));
    this.hash = sha256(`${CHAT_TEMPLATE}\n${json}`);
  }

  get vocabSize(): number {
    return this.tables.vocabSize;
  }

  /** The id of a special token, by its text. */
  specialTokenId(text: string): number {
    const id = this.tables.specialIds.get(text);
    if (id !== undefined) return id;
    throw new MajlisError(`The tokenizer has no special token ${text}.`, { code: 'failed_precondition' });
  }

  encode(text: string): number[] {
    return preTokenize(text).flatMap((word) => this.encodeWord(word));
  }

  /** All tokens as text, special ones included. */
  decode(ids: Iterable<number>): string {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.bytesOf(ids, true));
  }

  /** What a reader sees of an answer. */
  decodeAnswer(ids: Iterable<number>): DecodedAnswer {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    const whole = decoder.decode(this.bytesOf(ids, false), { stream: true });
    // A streaming decoder holds an unfinished character back until it is flushed.
    const unfinished = decoder.decode();
    return { text: whole + unfinished, cutCharacter: unfinished !== '' };
  }

  private encodeWord(word: string): readonly number[] {
    const known = this.words.get(word);
    if (known !== undefined) return known;
    const bytes = [...Buffer.from(word, 'utf8')];
    const ids = mergeWord(
      bytes.map((byte) => this.tables.byteIds[byte]),
      this.tables.merges,
    );
    if (word.length > LONGEST_CACHED_WORD) return ids;
    if (this.words.size >= CACHED_WORDS) this.words.clear();
    this.words.set(word, ids);
    return ids;
  }

  private bytesOf(ids: Iterable<number>, withSpecialTokens: boolean): Uint8Array {
    const parts: Uint8Array[] = [];
    for (const id of ids) {
      const special = this.specialTexts.get(id);
      const bytes = special === undefined ? this.tables.tokenBytes.get(id) : Buffer.from(special, 'utf8');
      if (bytes === undefined) {
        throw new MajlisError(`Token id ${String(id)} is not in the vocabulary.`, { code: 'out_of_range' });
      }
      if (special === undefined || withSpecialTokens) parts.push(bytes);
    }
    return Buffer.concat(parts);
  }
}
