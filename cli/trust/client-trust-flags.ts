import type { Command } from 'commander';
import { readToken } from '../../core/config/read-token.js';
import type { CertificateFiles } from '../../core/trust/certificate-files.js';
import { BadInputError } from '../../core/errors.js';
import { openCertificates, requireTogether, type TrustContext } from './server-trust-flags.js';

/** Flags of commands that call a coordinator on another machine, as commander parses them. */
export interface ClientTrustFlags {
  readonly tokenFile?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** What a client takes of them. */
export interface ClientTrust {
  /** Absent: plaintext. */
  readonly tls?: CertificateFiles;
  /** Absent: the certificate says who calls. */
  readonly token?: string;
}

/** Adds how a client knows the server, and shows who it is. */
export function addClientTrustOptions(command: Command): Command {
  return command
    .option('--token-file <file>', 'holds the token that this process shows')
    .option(
      '--tls-ca <file>',
      "the CA of the server's certificate, PEM: without it the call goes in plaintext",
    )
    .option('--tls-cert <file>', 'the certificate that this process shows, PEM')
    .option('--tls-key <file>', 'its private key, PEM');
}

/** Opens what the flags name; what cannot be used is a BadInputError. */
export async function openClientTrust(flags: ClientTrustFlags, context: TrustContext): Promise<ClientTrust> {
  const { tokenFile, tlsCa: ca, tlsCert: certificate, tlsKey: key } = flags;
  requireTogether(certificate, key);
  if (certificate !== undefined && ca === undefined) {
    throw new BadInputError({
      source: '--tls-cert',
      found: 'no --tls-ca beside it',
      allowed: '--tls-ca with the CA that the server has its certificate from',
    });
  }
  const shown = certificate === undefined || key === undefined ? {} : { certificate, key };
  const tls = ca === undefined ? undefined : await openCertificates({ ca, ...shown }, context);
  const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
  return { ...(tls === undefined ? {} : { tls }), ...(token === undefined ? {} : { token }) };
}
