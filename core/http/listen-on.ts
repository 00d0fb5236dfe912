import type { FastifyInstance } from 'fastify';
import { formatAddress } from '../config/listen-address.js';
import type { ListenAddress } from '../config/listen-address.js';
import { MajlisError } from '../errors.js';
import { systemCode } from '../runtime/storage-error.js';

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
    const sentence = `${served} cannot be served on ${formatAddress(address)}: ${reasonOf(cause)}`;
    throw new MajlisError(sentence, { code: 'failed_precondition', cause });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process has that port; give another port, or 0 for any that is free',
  EADDRNOTAVAIL: 'this machine has no such address; 0.0.0.0 stands for all that it has',
  EACCES: 'a port below 1024 takes more rights; give another port, or 0 for any that is free',
  ENOTFOUND: 'no address is known by that name; 127.0.0.1 is this machine',
};

function reasonOf(cause: unknown): string {
  return REASONS[systemCode(cause) ?? ''] ?? String(cause);
}
