import { isIP } from 'node:net';
import { checkServerIdentity as checkIdentity } from 'node:tls';
import { credentials, experimental, ServerCredentials } from '@grpc/grpc-js';
import type { ChannelCredentials, ChannelOptions } from '@grpc/grpc-js';
import { parseListenAddress } from '../config/listen-address.js';
import type { CertificateFiles } from '../trust/certificate-files.js';
import type { Certificates } from '../trust/read-certificates.js';

/**
 * TLS of both ends of gRPC, out of files that may change while they are in use: new connections take what the files hold
 * then, established ones stay. @grpc/grpc-js has this as experimental certificate providers; its own file watcher drops
 * what it has when a file is missing for a moment, so the files are ours.
 */
type Provider = experimental.CertificateProvider;

/** A server's credentials: with a CA every client has to show a certificate of it. Without files: plaintext. */
export function serverCredentials(files: CertificateFiles | undefined): ServerCredentials {
  if (files === undefined) return ServerCredentials.createInsecure();
  const provider = new FilesProvider(files);
  const asksClients = files.current.ca !== undefined;
  // 1.14 declares these two parameters the other way round than it uses them: the first is the identity, the second the CA.
  return experimental.createCertificateProviderServerCredentials(
    provider,
    asksClients ? provider : null,
    asksClients,
  );
}

/** How a client trusts a server, as the constructor of a client takes it. */
export interface ChannelTrust {
  readonly credentials: ChannelCredentials;
  readonly options: ChannelOptions;
}

/** What TLS is told that the server is called which is known by its address alone: a name in it may be no address (RFC 6066). */
const NAMELESS = 'address.invalid';

/** A client's trust in the server at `host:port`. Without files: plaintext. */
export function channelTrust(address: string, files: CertificateFiles | undefined): ChannelTrust {
  if (files === undefined) return { credentials: credentials.createInsecure(), options: {} };
  const provider = new FilesProvider(files);
  const identity = files.current.identity === undefined ? null : provider;
  const { createCertificateProviderChannelCredentials: create } = experimental;
  const { host } = parseListenAddress(address, 'address');
  if (isIP(host) === 0) return { credentials: create(provider, identity), options: {} };
  const checkServerIdentity: typeof checkIdentity = (_name, certificate) => checkIdentity(host, certificate);
  return {
    credentials: create(provider, identity, { checkServerIdentity }),
    options: { 'grpc.ssl_target_name_override': NAMELESS },
  };
}

/** Listeners hear what there is on the next tick: grpc-js misses what it is told while it adds one. */
class FilesProvider implements Provider {
  private readonly endings = new Map<unknown, () => void>();

  constructor(private readonly files: CertificateFiles) {}

  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.add(listener, ({ ca }) => listener(ca === undefined ? null : { caCertificate: ca }));
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.remove(listener);
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.add(listener, ({ identity }) => listener(identity ?? null));
  }

  removeIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.remove(listener);
  }

  private add(listener: unknown, tell: (certificates: Certificates) => void): void {
    this.endings.set(listener, this.files.listen(tell));
    process.nextTick(() => {
      if (this.endings.has(listener)) tell(this.files.current);
    });
  }

  private remove(listener: unknown): void {
    this.endings.get(listener)?.();
    this.endings.delete(listener);
  }
}
