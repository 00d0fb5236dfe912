import { Tokenizer } from '@huggingface/tokenizers';
import { BadInputError, MajlisError } from '../../errors.js';
import { bytesOfToken } from '../../network/tokenizer/byte-alphabet.js';
import type { DecodedAnswer } from '../chat-tokenizer.js';
import { unfinishedBytes } from '../unfinished-character.js';
import { refuseUnsupported } from './refuse-unsupported.js';
import { SpelledTokens } from './spelled-tokens.js';
import { refuseForeignIds, usableVocabSize } from './vocabulary-size.js';
import type { TokenizerFiles } from './tokenizer-files.js';

const BYTE_TOKEN = /^<0x([0-9A-F]{2})>$/;
const LONGEST_CHARACTER = 4;
const REPLACEMENT = '\ufffd';

/** A tokenizer.json, as Hugging Face tokenizers computes it, without the special tokens that it adds to bare text. */
export class Vocabulary {
  readonly size: number;
  private readonly tokenizer: Tokenizer;
  private readonly source: string;
  private readonly spelled: SpelledTokens;
  private readonly specialIds: ReadonlyMap<string, number>;
  private readonly special: ReadonlySet<number>;
  private readonly byteFallback: boolean;
  /** Knows no special tokens; made when somebody first spells one. */
  private plain: Tokenizer | undefined;

  constructor(private readonly files: TokenizerFiles) {
    const { tokenizer, directory } = files;
    this.source = `tokenizer of ${directory}`;
    refuseUnsupported(files);
    refuseForeignIds(files);
    this.size = usableVocabSize(files);
    const special = tokenizer.added_tokens.filter((token) => token.special);
    this.specialIds = new Map(special.map(({ content, id }) => [content, id]));
    this.special = new Set(this.specialIds.values());
    this.spelled = new SpelledTokens([...this.specialIds.keys()]);
    this.byteFallback = tokenizer.model['byte_fallback'] === true;
    this.tokenizer = this.open(tokenizer);
  }

  isSpecial(id: number): boolean {
    return this.special.has(id);
  }

  /** The id of an added or ordinary token, by its text. */
  idOf(token: string): number | undefined {
    return this.tokenizer.token_to_id(token);
  }

  /** Content as a template may place it: what it spells of special tokens is hidden. */
  hide(content: string): string {
    return this.spelled.hide(content);
  }

  /** The ids of what a template rendered. Its special tokens are obeyed, hidden ones are not. */
  encode(rendered: string): number[] {
    const shown = this.spelled.show(rendered);
    if (shown === rendered) return this.checked(this.ids(this.tokenizer, rendered));
    return this.checked(
      this.spelled.split(rendered).flatMap((part) => this.specialIds.get(part) ?? this.encodePlain(part)),
    );
  }

  /** What a reader sees. A character that the end cuts off is one U+FFFD, whatever was sampled before it. */
  decode(tokenIds: readonly number[]): DecodedAnswer {
    const tokens = tokenIds.filter((id) => !this.isSpecial(this.known(id)));
    const open = unfinishedBytes(this.lastBytes(tokens));
    // One byte is one token there, and the library would replace all bytes before the unfinished ones too.
    const whole = this.byteFallback ? tokens.slice(0, tokens.length - open) : tokens;
    const options = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
    const text = whole.length === 0 ? '' : this.tokenizer.decode(whole, options);
    return { text: this.byteFallback && open > 0 ? text + REPLACEMENT : text, cutCharacter: open > 0 };
  }

  private encodePlain(part: string): (number | undefined)[] {
    const { tokenizer } = this.files;
    const ordinary = tokenizer.added_tokens.filter((token) => !token.special);
    this.plain ??= this.open({ ...tokenizer, added_tokens: ordinary });
    const ids = this.ids(this.plain, this.spelled.show(part));
    if (!ids.some((id) => id !== undefined && this.isSpecial(id))) return ids;
    const found = 'text that spells a special token, which the vocabulary has as an ordinary one too';
    throw new BadInputError({ source: this.source, found, allowed: 'text without special tokens' });
  }

  private ids(tokenizer: Tokenizer, text: string): (number | undefined)[] {
    return text === '' ? [] : [...tokenizer.encode(text, { add_special_tokens: false }).ids];
  }

  private checked(ids: readonly (number | undefined)[]): number[] {
    return ids.map((id) => {
      if (id !== undefined && id < this.size) return id;
      const found = id === undefined ? 'a character that it has no token for' : `token id ${String(id)}`;
      throw new BadInputError({ source: this.source, found, allowed: `ids 0 to ${String(this.size - 1)}` });
    });
  }

  private known(id: number): number {
    if (this.tokenizer.id_to_token(id) !== undefined) return id;
    throw new MajlisError(`Token id ${String(id)} is not in the vocabulary.`, { code: 'out_of_range' });
  }

  /** The bytes at the end of what was sampled, as many as a character may have, where the tokens stand for bytes. */
  private lastBytes(ids: readonly number[]): number[] {
    const bytes: number[] = [];
    for (let at = ids.length - 1; at >= 0 && bytes.length < LONGEST_CHARACTER; at -= 1) {
      const own = this.bytesOf(this.tokenizer.id_to_token(ids[at]) ?? '');
      if (own === undefined) break;
      bytes.unshift(...own);
    }
    return bytes;
  }

  private bytesOf(token: string): Iterable<number> | undefined {
    if (this.files.tokenizer.decoder?.type === 'ByteLevel') return bytesOfToken(token);
    const byte = this.byteFallback ? BYTE_TOKEN.exec(token)?.[1] : undefined;
    return byte === undefined ? undefined : [Number.parseInt(byte, 16)];
  }

  private open(tokenizer: object): Tokenizer {
    try {
      return new Tokenizer(tokenizer, this.files.config);
    } catch (thrown) {
      const found = thrown instanceof Error ? thrown.message : String(thrown);
      throw new BadInputError(
        { source: this.source, found, allowed: 'a tokenizer.json of a known kind' },
        thrown,
      );
    }
  }
}
