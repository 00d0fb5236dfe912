import type { FastifyInstance } from 'fastify';
import { formatAddress } from '../config/listen-address.js';
import type { ListenAddress } from '../config/listen-address.js';
import { MajlisError } from '../errors.js';

/**
 * Lets a server listen; resolves to its port. A port that is taken is `failed_precondition` and closes the server. `served` begins
 * the sentence: `artifacts`.
 */
export async function listenOn(
  server: FastifyInstance,
  address: ListenAddress,
  served: string,
): Promise<number> {
  try {
    const url = await server.listen(address);
    return address.port === 0 ? Number(new URL(url).port) : address.port;
  } catch (cause) {
    await server.close();
    const sentence = `${served} cannot be served on ${formatAddress(address)}: give another port, or 0 for any that is free`;
    throw new MajlisError(sentence, { code: 'failed_precondition', cause });
  }
}
