import type { CallEnding } from '../../core/judgements/judgement-store.js';
import type { CallFailure, ChatReply, ChatUsage } from '../judge/chat-call.js';

/** What a reply says of the call's bill and of its endpoint. */
export interface Settlement {
  readonly ending: CallEnding;
  readonly usage: ChatUsage;
  /** The endpoint is down or broken, whatever was asked. */
  readonly isOutage: boolean;
}

const NOTHING: ChatUsage = { promptTokens: 0, completionTokens: 0 };

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
    case 'failed':
      return settleFailure(reply.failure, most);
  }
}

function settleFailure(failure: CallFailure, most: ChatUsage): Settlement {
  switch (failure.kind) {
    case 'refused':
      return { ending: 'failed', usage: NOTHING, isOutage: failure.status >= 500 };
    case 'unreachable':
      return { ending: 'failed', usage: NOTHING, isOutage: true };
    case 'withheld':
      return { ending: 'failed', usage: NOTHING, isOutage: false };
    case 'timed_out':
    case 'broken_off':
      return { ending: 'unknown', usage: most, isOutage: true };
  }
}
