import type { PolicyVersion } from '../../../core/domain/policy.js';
import { openChatTokenizer } from '../../../core/tokens/open-chat-tokenizer.js';
import type { AnswerDecoder } from '../answer-task.js';

const MOST_OPEN = 4;

/** The tokenizer of each policy's directory; opened once for the last few policies. */
export function policyDecoders(): (policy: PolicyVersion) => Promise<AnswerDecoder> {
  const byHash = new Map<string, Promise<AnswerDecoder>>();
  return ({ hash, location }) => {
    const known = byHash.get(hash);
    if (known !== undefined) return known;
    const opening = openChatTokenizer(location);
    byHash.set(hash, opening);
    opening.catch(() => byHash.delete(hash));
    for (const old of [...byHash.keys()].slice(0, -MOST_OPEN)) byHash.delete(old);
    return opening;
  };
}
