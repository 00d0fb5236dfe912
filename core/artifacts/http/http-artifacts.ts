import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import { MajlisError } from '../../errors.js';
import { fromProblem } from '../../http/problem-document.js';
import type { Clock } from '../../runtime/clock.js';
import { sha256 as hashOf } from '../../runtime/content-hash.js';
import type { Tracer } from '../../telemetry/tracing/tracer.js';
import type { CertificateFiles } from '../../trust/certificate-files.js';
import { damagedArtifact, requireSha256 } from '../artifact-refusals.js';
import type { ArtifactStore } from '../artifact-store.js';
import { MOST_ARTIFACT_BYTES } from '../largest-artifact.js';
import { tryAgain } from '../try-again.js';
import { ARTIFACTS_PATH } from './artifact-protocol.js';
import { exchangeFailure, HttpConnections } from './http-exchange.js';
import type { HttpExchange } from './http-exchange.js';
import { ReceivedBytes } from './received-bytes.js';

export interface HttpArtifactsOptions {
  /** Of the server, as `serveArtifacts` gives it. */
  readonly url: string;
  /** What this process shows; absent where its certificate says who it is. */
  readonly token?: string;
  /** Whom to believe, and the certificate to show, for an https URL; the CAs that Node knows unless told. */
  readonly tls?: CertificateFiles;
  readonly clock: Clock;
  /** Requests name the span that caused them. */
  readonly tracer?: Tracer;
  readonly mostBytes?: number;
  /** Of one artifact, the first included. */
  readonly attempts?: number;
  /** How long nothing may move on a connection, in milliseconds. */
  readonly idleMs?: number;
}

const IDLE_MS = 30_000;
/** Of the body of a refusal. */
const MOST_PROBLEM_BYTES = 64 * 1024;

/**
 * An artifact store on another machine, which `serveArtifacts` serves there. What comes is verified by its sha256. An answer
 * that was cut is gone on with by range; what may mend itself is tried again, with waits that double.
 */
export class HttpArtifacts implements ArtifactStore {
  private readonly connections: HttpConnections;
  private readonly base: string;
  private readonly most: number;

  constructor(private readonly options: HttpArtifactsOptions) {
    this.base = options.url.replace(/\/$/, '') + ARTIFACTS_PATH;
    this.connections = new HttpConnections(options.tls);
    this.most = options.mostBytes ?? MOST_ARTIFACT_BYTES;
  }

  async put(given: Uint8Array, signal?: AbortSignal): Promise<string> {
    if (given.length > this.most) throw this.tooLong(given.length);
    // A copy, since the caller may reuse its buffer before it is sent.
    const body = Buffer.from(given);
    const sha256 = hashOf(body);
    await this.patiently(sha256, signal, async () => {
      await discard(await this.ask(sha256, { method: 'PUT', body, signal }));
    });
    return sha256;
  }

  async get(sha256: string, signal?: AbortSignal): Promise<Uint8Array> {
    requireSha256(sha256);
    const received = new ReceivedBytes(this.most);
    await this.patiently(sha256, signal, async () => {
      const rest = { range: `bytes=${received.length}-`, 'if-range': `"${sha256}"` };
      const headers = received.length === 0 ? {} : rest;
      await received.take(await this.ask(sha256, { method: 'GET', headers, signal }));
    });
    const bytes = received.whole();
    if (hashOf(bytes) !== sha256) throw damagedArtifact(sha256, this.options.url);
    return bytes;
  }

  async has(sha256: string): Promise<boolean> {
    requireSha256(sha256);
    try {
      await this.patiently(sha256, undefined, async () => {
        await discard(await this.ask(sha256, { method: 'HEAD', signal: undefined }));
      });
      return true;
    } catch (thrown) {
      if (thrown instanceof MajlisError && thrown.code === 'not_found') return false;
      throw thrown;
    }
  }

  /** Ends the connections that are kept. */
  close(): void {
    this.connections.close();
  }

  private patiently<Result>(
    sha256: string,
    signal: AbortSignal | undefined,
    attempt: () => Promise<Result>,
  ): Promise<Result> {
    const { attempts, clock, url } = this.options;
    const place = `artifact ${sha256} at ${url}`;
    return tryAgain(attempt, {
      clock,
      attempts,
      signal,
      failureOf: (thrown) => exchangeFailure(place, thrown),
    });
  }

  /** The answer where it is good; any other is the failure that it tells. */
  private async ask(
    sha256: string,
    exchange: Pick<HttpExchange, 'method' | 'body' | 'signal'> & {
      readonly headers?: Record<string, string>;
    },
  ): Promise<IncomingMessage> {
    const { token, tracer, idleMs = IDLE_MS } = this.options;
    const shown = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const headers = { ...exchange.headers, ...shown, ...tracer?.inject() };
    const response = await this.connections.send({ ...exchange, url: this.base + sha256, headers, idleMs });
    const { statusCode = 0 } = response;
    if (statusCode >= 200 && statusCode < 300) return response;
    const problem = new ReceivedBytes(MOST_PROBLEM_BYTES);
    await problem.take(response);
    throw fromProblem(statusCode, problem.whole().toString('utf8'), 'the server');
  }

  private tooLong(length: number): MajlisError {
    const sentence = `an artifact of ${length} bytes is more than the ${this.most} that ${this.options.url} takes`;
    return new MajlisError(sentence, { code: 'out_of_range' });
  }
}

/** Reads an answer to its end, so that its connection can be used again. */
async function discard(response: IncomingMessage): Promise<void> {
  await finished(response.resume());
}
