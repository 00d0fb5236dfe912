/** A BCP-47 language tag, for example `ar`, `ar-EG` or `ko-KR`. */
export type Locale = string;

/** One instruction that the policy answers. */
export interface Prompt {
  /** Unique in its file; stable across runs, since task ids derive from it. */
  readonly id: string;
  readonly locale: Locale;
  readonly text: string;
  readonly category?: string;
}

/**
 * A prompt rendered by the chat template and tokenized, once, by the coordinator. Token ids are what travels:
 * nobody tokenizes the text again.
 */
export interface TokenizedPrompt {
  readonly prompt: Prompt;
  readonly tokenIds: readonly number[];
  /** sha256 of tokenizer.json and the chat template together. */
  readonly tokenizerHash: string;
  /** True where the text was longer than the context allows and was cut. */
  readonly truncated: boolean;
}
