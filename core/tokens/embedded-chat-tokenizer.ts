import type { Prompt, TokenizedPrompt } from '../domain/prompt.js';
import { BadInputError } from '../errors.js';
import { ASSISTANT_TOKEN, END_TOKEN, USER_TOKEN } from '../network/tokenizer/chat-template.js';
import type { Tokenizer } from '../network/tokenizer/tokenizer.js';
import type { ChatMessage, ChatTokenizer, DecodedAnswer } from './chat-tokenizer.js';

const FRAME_TOKENS = 2;

/** Majlis's own byte-level BPE under its own chat template, which knows the roles user and assistant. */
export class EmbeddedChatTokenizer implements ChatTokenizer {
  readonly hash: string;
  readonly vocabSize: number;
  readonly stopTokenIds: readonly number[];

  constructor(private readonly tokenizer: Tokenizer) {
    this.hash = tokenizer.hash;
    this.vocabSize = tokenizer.vocabSize;
    this.stopTokenIds = [tokenizer.specialTokenId(END_TOKEN)];
  }

  renderPrompt(messages: readonly ChatMessage[]): number[] {
    const turns = messages.flatMap((message, index) => this.turn(message, `messages.${String(index)}.role`));
    return [...turns, this.tokenizer.specialTokenId(ASSISTANT_TOKEN)];
  }

  renderAnswer(text: string): number[] {
    return [...this.tokenizer.encode(text), ...this.stopTokenIds];
  }

  tokenizePrompt(prompt: Prompt, maxPromptTokens: number): TokenizedPrompt {
    const room = maxPromptTokens - FRAME_TOKENS;
    if (room < 1) {
      const found = `room for ${String(maxPromptTokens)} prompt tokens`;
      throw new BadInputError({ source: `prompt ${prompt.id}`, found, allowed: 'at least 3' });
    }
    const textIds = this.tokenizer.encode(prompt.text);
    const kept = textIds.slice(0, room);
    const truncated = kept.length < textIds.length;
    while (truncated && this.tokenizer.decodeAnswer(kept).cutCharacter) kept.pop();
    return { prompt, tokenIds: this.frame(kept), tokenizerHash: this.hash, truncated };
  }

  decodeAnswer(tokenIds: Iterable<number>): DecodedAnswer {
    return this.tokenizer.decodeAnswer(tokenIds);
  }

  private turn({ role, content }: ChatMessage, place: string): number[] {
    switch (role) {
      case 'user':
        return [this.tokenizer.specialTokenId(USER_TOKEN), ...this.tokenizer.encode(content)];
      case 'assistant':
        return [this.tokenizer.specialTokenId(ASSISTANT_TOKEN), ...this.renderAnswer(content)];
      case 'system':
        throw new BadInputError({ source: 'chat template', place, found: role, allowed: 'user, assistant' });
    }
  }

  private frame(textIds: readonly number[]): number[] {
    const { tokenizer } = this;
    return [tokenizer.specialTokenId(USER_TOKEN), ...textIds, tokenizer.specialTokenId(ASSISTANT_TOKEN)];
  }
}
