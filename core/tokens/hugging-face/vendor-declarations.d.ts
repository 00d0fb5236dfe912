/**
 * What the adapter uses of two packages whose own declarations are written for ES modules and bundlers, so that
 * TypeScript cannot read them from CommonJS; the code of both can be required.
 */
declare module '@huggingface/tokenizers' {
  /** A tokenizer.json and a tokenizer_config.json, parsed. Throws an Error for what it does not know. */
  export class Tokenizer {
    constructor(tokenizer: object, config: object);
    /** An id is undefined where the vocabulary has no token for a character. */
    encode(
      text: string,
      options: { add_special_tokens: boolean },
    ): { readonly ids: readonly (number | undefined)[] };
    decode(
      ids: readonly number[],
      options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean },
    ): string;
    id_to_token(id: number): string | undefined;
    token_to_id(token: string): number | undefined;
  }
}

declare module '@huggingface/jinja' {
  /** A chat template; blocks are trimmed as Transformers does. Both calls throw an Error that says what is wrong. */
  export class Template {
    constructor(template: string);
    render(variables: Readonly<Record<string, unknown>>): string;
  }
}
