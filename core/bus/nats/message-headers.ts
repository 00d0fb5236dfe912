import { headers as natsHeaders } from 'nats';
import type { MsgHdrs } from 'nats';
import type { MessageHeaders } from '../bus.js';

/** What the server and its clients add for themselves begins so. */
const SERVERS_OWN = 'Nats-';

/** The headers that a publisher gave, without the server's own. */
export function plainHeaders(given: MsgHdrs | undefined): MessageHeaders {
  if (given === undefined) return {};
  const plain: Record<string, string> = {};
  for (const name of given.keys()) if (!name.startsWith(SERVERS_OWN)) plain[name] = given.get(name);
  return plain;
}

/** Headers as the client sends them. */
export function sentHeaders(given: MessageHeaders): MsgHdrs {
  const sent = natsHeaders();
  for (const [name, value] of Object.entries(given)) sent.set(name, value);
  return sent;
}
