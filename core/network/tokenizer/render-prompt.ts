import type { Prompt, TokenizedPrompt } from '../../domain/prompt.js';
import { BadInputError } from '../../errors.js';
import { ASSISTANT_TOKEN, END_TOKEN, USER_TOKEN } from './chat-template.js';
import type { Tokenizer } from './tokenizer.js';

const FRAME_TOKENS = 2;

/** The ids of one instruction, ready for the answer: user token, text, assistant token. */
export function renderPrompt(tokenizer: Tokenizer, text: string): number[] {
  return frame(tokenizer, tokenizer.encode(text));
}

/** The ids of one answer as the model should give it: text, end token. */
export function renderAnswer(tokenizer: Tokenizer, text: string): number[] {
  return [...tokenizer.encode(text), tokenizer.specialTokenId(END_TOKEN)];
}

function frame(tokenizer: Tokenizer, textIds: readonly number[]): number[] {
  return [tokenizer.specialTokenId(USER_TOKEN), ...textIds, tokenizer.specialTokenId(ASSISTANT_TOKEN)];
}

/**
 * Renders and tokenizes a prompt. A text that needs more than `maxPromptTokens` is cut at its end, on a whole
 * character, and marked: instructions say first what they want, and the assistant token has to stay.
 */
export function tokenizePrompt(
  tokenizer: Tokenizer,
  prompt: Prompt,
  maxPromptTokens: number,
): TokenizedPrompt {
  const room = maxPromptTokens - FRAME_TOKENS;
  if (room < 1) {
    const found = `room for ${String(maxPromptTokens)} prompt tokens`;
    throw new BadInputError({ source: `prompt ${prompt.id}`, found, allowed: 'at least 3' });
  }
  const textIds = tokenizer.encode(prompt.text);
  const kept = textIds.slice(0, room);
  const truncated = kept.length < textIds.length;
  while (truncated && tokenizer.decodeAnswer(kept).cutCharacter) kept.pop();
  return { prompt, tokenIds: frame(tokenizer, kept), tokenizerHash: tokenizer.hash, truncated };
}
