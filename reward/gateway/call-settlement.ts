import type { CallEnding } from '../../core/judgements/judgement-store.js';
import type { ChatReply, ChatUsage } from '../judge/chat-call.js';

/** What a reply says of the call's bill and of its endpoint. */
export interface Settlement {
  readonly ending: CallEnding;
  readonly usage: ChatUsage;
  /** The endpoint is down or broken, whatever was asked. */
  readonly isOutage: boolean;
}

const NOTHING: ChatUsage = { promptTokens: 0, completionTokens: 0 };
const STATUS = /^HTTP (\d{3})$/;
const NEVER_CONNECTED = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH/;

/**
 * What a call is charged: the usage that the endpoint reports; nothing where it refused or was never reached; and the
 * most that it may have been billed where nobody can tell, as after a time-out.
 */
export function settle(reply: ChatReply, most: ChatUsage): Settlement {
  switch (reply.kind) {
    case 'content':
    case 'garbage':
    case 'declined': {
      const { usage } = reply;
      if (usage === undefined) return { ending: 'unknown', usage: most, isOutage: false };
      return { ending: 'answered', usage, isOutage: false };
    }
    case 'unsupported':
      return { ending: 'failed', usage: NOTHING, isOutage: false };
    case 'failed': {
      const status = STATUS.exec(reply.reason)?.[1];
      if (status !== undefined) return { ending: 'failed', usage: NOTHING, isOutage: status >= '500' };
      if (NEVER_CONNECTED.test(reply.reason)) return { ending: 'failed', usage: NOTHING, isOutage: true };
      return { ending: 'unknown', usage: most, isOutage: true };
    }
  }
}
