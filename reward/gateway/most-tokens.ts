import type { ChatCall, ChatUsage } from '../judge/chat-call.js';

/**
 * The most tokens that a call can be billed for. A byte-level tokenizer makes at most one token of a byte, and what a
 * chat template puts around a message is shorter than the JSON around it, so the bytes of the messages' JSON bound the
 * prompt in every language. `maxTokens` bounds the reply; a call without one has no bound.
 */
export function mostTokens(call: ChatCall & { readonly maxTokens: number }): ChatUsage {
  const sent = JSON.stringify({ messages: call.messages, format: call.format });
  return { promptTokens: Buffer.byteLength(sent, 'utf8'), completionTokens: call.maxTokens };
}
