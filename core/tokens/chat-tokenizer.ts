/**
 * Tokens have one owner: whoever needs the ids of a text asks the model's chat tokenizer, once, where the text enters.
 * From there on ids travel; nobody tokenizes the text of a prompt or of a sampled answer again.
 */
import type { Prompt, TokenizedPrompt } from '../domain/prompt.js';

/** One turn of a conversation. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** A decoded answer. */
export interface DecodedAnswer {
  /** Without special tokens; bytes that are no UTF-8 are replaced by U+FFFD. */
  readonly text: string;
  /** True where the answer ends inside a character, as one cut at the token limit may. */
  readonly cutCharacter: boolean;
}

/**
 * Text to token ids and back, for one model: its vocabulary and its chat template together.
 *
 * What people and models write is never obeyed: a special token that a message's content spells is tokenized as the
 * ordinary characters it is written with.
 */
export interface ChatTokenizer {
  /** sha256 of vocabulary, chat template and special tokens together; tasks name it. */
  readonly hash: string;
  /** Every id that is rendered is below it. */
  readonly vocabSize: number;
  /** Each of them ends an answer; at least one. */
  readonly stopTokenIds: readonly number[];
  /** A conversation, ready for the model's answer. A role that the chat template refuses is bad input. */
  renderPrompt(messages: readonly ChatMessage[]): number[];
  /** An answer as the model should give it, with the stop token that ends it. */
  renderAnswer(text: string): number[];
  /**
   * Renders a prompt as the user's one message. A text that needs more than `maxPromptTokens` is cut at its end, on a
   * whole character, and marked: instructions say first what they want, and the template's frame has to stay. A limit
   * that the frame alone fills is bad input.
   */
  tokenizePrompt(prompt: Prompt, maxPromptTokens: number): TokenizedPrompt;
  /** What a reader sees of an answer. An id that the tokenizer does not have is `out_of_range`. */
  decodeAnswer(tokenIds: Iterable<number>): DecodedAnswer;
}
