import * as http from 'node:http';
import * as https from 'node:https';
import { MajlisError } from '../../errors.js';
import { systemCode } from '../../runtime/storage-error.js';
import type { CertificateFiles } from '../../trust/certificate-files.js';
import { contextOf } from '../../http/tls-context.js';

/** One request. */
export interface HttpExchange {
  readonly url: string;
  readonly method: 'GET' | 'HEAD' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal | undefined;
  /** How long nothing may move on the connection, in milliseconds. */
  readonly idleMs: number;
}

/** Connections that are kept, so that the next part needs no new one. */
export class HttpConnections {
  private readonly plain = new http.Agent({ keepAlive: true });
  private readonly secure = new https.Agent({ keepAlive: true });
  private readonly stop: (() => void) | undefined;

  /** Without files: the CAs that Node knows. With them, new connections take what they hold then. */
  constructor(private readonly tls: CertificateFiles | undefined) {
    // Somebody has to listen for the files to be read again.
    this.stop = tls?.listen(() => undefined);
  }

  /** Resolves with the head of the answer, whose body is then read from it. Redirects are not followed. */
  send({ url, method, headers, body, signal, idleMs }: HttpExchange): Promise<http.IncomingMessage> {
    const isSecure = url.startsWith('https:');
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    const options = {
      method,
      headers: { ...headers, ...length },
      agent: isSecure ? this.secure : this.plain,
      ...(isSecure && this.tls !== undefined ? contextOf(this.tls.current) : {}),
      timeout: idleMs,
      ...(signal === undefined ? {} : { signal }),
    };
    return new Promise((resolve, reject) => {
      const request = (isSecure ? https : http).request(url, options, resolve);
      request.on('timeout', () => {
        const sentence = `nothing came for ${idleMs} ms`;
        request.destroy(new MajlisError(sentence, { code: 'deadline_exceeded' }));
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  /** Ends the connections that are kept. */
  close(): void {
    this.stop?.();
    this.plain.destroy();
    this.secure.destroy();
  }
}

/** What Node and OpenSSL call failures that no second attempt mends. */
const UNTRUSTED = /^(CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_|EPROTO)/;

/** A failed exchange as one sentence that names the place. What may mend itself is `unavailable`. */
export function exchangeFailure(place: string, thrown: unknown): MajlisError {
  const { message, code } = MajlisError.from(thrown);
  if (code === 'cancelled') return new MajlisError(message, { code, cause: thrown });
  if (thrown instanceof MajlisError) return new MajlisError(`${place}: ${message}`, { code, cause: thrown });
  const system = systemCode(thrown) ?? message;
  if (UNTRUSTED.test(system)) {
    const sentence = `${place}: the connection is not trusted (${message})`;
    return new MajlisError(sentence, { code: 'failed_precondition', cause: thrown });
  }
  return new MajlisError(`${place}: the connection failed (${system})`, {
    code: 'unavailable',
    cause: thrown,
  });
}
