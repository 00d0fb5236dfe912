import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { certificateSubjects } from '../trust/certificate-subjects.js';
import type { Certificates } from '../trust/read-certificates.js';

/** What Node's TLS takes of certificates, as a server or as a client. */
export function contextOf({ ca, identity }: Certificates): {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
} {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.privateKey }),
  };
}

/** The names in the verified certificate of whoever asks; none where no certificate was shown. */
export function subjectsOf({ socket }: IncomingMessage): readonly string[] {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return [];
  return certificateSubjects(socket.getPeerCertificate());
}
