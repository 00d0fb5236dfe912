import type * as wire from '../../proto/gen/majlis/v1/messages.js';
import { MajlisError } from '../errors.js';
import { identifier, message, positiveCount } from './message-fields.js';
import { parseMessage } from './parse-message.js';

/** The protocol versions that a peer speaks, both ends included. */
export interface ProtocolRange {
  readonly minimum: number;
  readonly maximum: number;
}

/** What this build speaks. */
export const SUPPORTED_PROTOCOL: ProtocolRange = { minimum: 1, maximum: 1 };

const helloMessage = message({
  protocol: message({ minimum: positiveCount, maximum: positiveCount }).refine(
    (range) => range.minimum <= range.maximum,
    { error: 'a minimum that is not above the maximum' },
  ),
  software: identifier,
});

/** The highest version that both peers speak; ranges without a common version are `failed_precondition`. */
export function negotiateProtocol(ours: ProtocolRange, theirs: ProtocolRange): number {
  const highest = Math.min(ours.maximum, theirs.maximum);
  if (highest >= Math.max(ours.minimum, theirs.minimum)) return highest;
  const older = theirs.maximum < ours.minimum ? 'the peer' : 'this side';
  throw new MajlisError(
    `no common protocol version: this side speaks ${ours.minimum} to ${ours.maximum}, the peer ${theirs.minimum} to ${theirs.maximum}; upgrade ${older}`,
    { code: 'failed_precondition' },
  );
}

/** Checks a peer's hello and answers it with the version that both will speak. */
export function answerHello(hello: wire.Hello | undefined, software: string): wire.HelloReply {
  const { protocol } = parseMessage(helloMessage, hello, 'message majlis.v1.Hello');
  return { protocol: negotiateProtocol(SUPPORTED_PROTOCOL, protocol), software };
}
