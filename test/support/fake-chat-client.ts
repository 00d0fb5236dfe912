import type { ChatCall, ChatClient, ChatReply } from '../../reward/judge/chat-call.js';

/** A chat client without a network: it remembers its calls and replies as it is told. */
export class FakeChatClient implements ChatClient {
  readonly calls: ChatCall[] = [];

  constructor(private readonly reply: (callId: string, call: ChatCall) => ChatReply | string) {}

  async complete(call: ChatCall): Promise<ChatReply> {
    this.calls.push(call);
    const callId = /"call_id":"([^"]+)"/.exec(call.messages[1].content)?.[1] ?? '';
    const reply = this.reply(callId, call);
    return typeof reply === 'string' ? { kind: 'content', content: reply } : reply;
  }
}

/** A reply that keeps the contract: the call's id and these fields. */
export function keeping(callId: string, values: Record<string, unknown>): string {
  return JSON.stringify({ call_id: callId, ...values });
}
