import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { parseListenAddress } from '../../core/config/listen-address.js';
import { MajlisError } from '../../core/errors.js';
import { systemCode } from '../../core/runtime/storage-error.js';
import type { CertificateFiles } from '../../core/trust/certificate-files.js';

/** A connection that failed, and the files that it was tried with. */
export interface FailedConnection {
  /** host:port. */
  readonly address: string;
  readonly tls?: CertificateFiles | undefined;
  /** As the flags name them, for the sentence. */
  readonly files: { readonly ca?: string | undefined; readonly certificate?: string | undefined };
}

const PATIENCE_MS = 3000;
const OTHER_AUTHORITY = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
]);

const UNHEARD = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
]);

/** How a handshake ended: all is well, it was dropped after it, or with an error. */
type Ending = 'well' | 'dropped' | { readonly code: string; readonly message: string };

/**
 * Says why a call found no connection, where nobody listens or TLS is the reason: gRPC tells only that it failed. The
 * connection is tried once more by itself; where that tells nothing, the failure stays as it was.
 */
export async function explainConnection(
  failure: MajlisError,
  failed: FailedConnection,
): Promise<MajlisError> {
  if (failure.code !== 'unavailable' && failure.code !== 'deadline_exceeded') return failure;
  const ending = await shakeHands(failed);
  if (typeof ending === 'object' && UNHEARD.has(ending.code)) {
    const sentence = `nobody answers at ${failed.address} (${ending.code}); next: name the HOST:PORT where it listens`;
    return new MajlisError(sentence, { code: 'unavailable', cause: failure });
  }
  const why = failed.tls === undefined ? whyPlain(failed, ending) : whyEncrypted(failed, ending);
  return why === undefined ? failure : new MajlisError(why, { code: 'unavailable', cause: failure });
}

function whyPlain({ address }: FailedConnection, ending: Ending): string | undefined {
  // Without files the handshake believes anybody: that it got so far shows that TLS is spoken there.
  const speaksTls = ending === 'well' || ending === 'dropped' || ending.code.includes('_ALERT_');
  return speaksTls
    ? `${address} speaks TLS, and this call was in plaintext; next: give --tls-ca with the CA of its certificate`
    : undefined;
}

function whyEncrypted({ address, files }: FailedConnection, ending: Ending): string | undefined {
  const { ca = '--tls-ca', certificate } = files;
  const refused =
    certificate === undefined
      ? `${address} asks for a client certificate; next: give --tls-cert and --tls-key`
      : `${address} does not accept the certificate in ${certificate}; next: one of the CA that the server has as --tls-ca`;
  if (ending === 'well') return undefined;
  if (ending === 'dropped') return refused;
  const { code, message } = ending;
  if (OTHER_AUTHORITY.has(code)) {
    return `the certificate of ${address} is not of the CA in ${ca}; next: put the CA that it comes from there`;
  }
  if (code === 'CERT_HAS_EXPIRED') {
    return `the certificate of ${address} has expired; next: write a new one to the server's --tls-cert`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `the certificate of ${address} is for other names (${message}); next: use one of them, or issue it for this one`;
  }
  if (code.includes('_ALERT_')) return refused;
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') {
    return `${address} does not speak TLS; next: leave out --tls-ca, or give the server a certificate`;
  }
  return undefined;
}

function shakeHands({ address, tls }: FailedConnection): Promise<Ending> {
  const { host, port } = parseListenAddress(address, 'address');
  const { ca, identity } = tls?.current ?? {};
  return new Promise((resolve) => {
    const socket: TLSSocket = connect({
      ...{ host, port, ALPNProtocols: ['h2'], rejectUnauthorized: tls !== undefined },
      ...(ca === undefined ? {} : { ca }),
      ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.privateKey }),
    });
    let shaken = false;
    const end = (ending: Ending): void => {
      socket.destroy();
      resolve(ending);
    };
    socket.once('secureConnect', () => {
      shaken = true;
    });
    // An HTTP/2 server speaks first, once it has accepted who it speaks to.
    socket.once('data', () => end('well'));
    socket.once('error', (error: Error) => {
      const code = systemCode(error) ?? '';
      end(shaken && code === 'ECONNRESET' ? 'dropped' : { code, message: error.message });
    });
    socket.once('close', () => end(shaken ? 'dropped' : { code: '', message: 'closed' }));
    socket.setTimeout(PATIENCE_MS, () => end({ code: '', message: 'silence' }));
  });
}
