import { isIPv4 } from 'node:net';
import { MajlisError } from '../errors.js';

/** A server that is about to listen. */
export interface Exposure {
  /** What listens, as a sentence begins with it: `the coordinator`. */
  readonly server: string;
  /** A name or an address without a port; an IPv6 one with or without brackets. */
  readonly host: string;
  /** Whether every call has to show who makes it. */
  readonly authenticates: boolean;
  /** Whether what is shown travels under TLS. */
  readonly encrypts: boolean;
  /** What allows it all the same; `--insecure` unless told. */
  readonly allowance?: string | undefined;
  /** What it said: the network itself is trusted. */
  readonly insecure?: boolean | undefined;
}

/**
 * Refuses to listen where other machines can reach a server that asks nobody who they are, or that has tokens shown in
 * plaintext: `failed_precondition`. Every server of ours that takes a host asks here first. Loopback is always allowed.
 */
export function refusePublicAddress(exposure: Exposure): void {
  const { server, host, authenticates, encrypts, insecure, allowance = '--insecure' } = exposure;
  if (insecure === true || isLoopback(host) || (authenticates && encrypts)) return;
  const why = authenticates
    ? 'tokens would be shown there in plaintext. Next: give it a certificate and its key'
    : 'nobody would have to show who they are. Next: give it a tokens file, a certificate and its key';
  throw new MajlisError(
    `${server} may not listen on ${host}, which other machines can reach: ${why}, ` +
      `or a loopback address; ${allowance} allows it where the network itself is trusted`,
    { code: 'failed_precondition' },
  );
}

/** Whether only this machine can reach it. A name other than localhost may mean anything. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIPv4(bare) && bare.startsWith('127.'));
}
