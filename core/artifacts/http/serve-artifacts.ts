/**
 * Serves an artifact store over HTTP, to whoever the operator authorizes. Content is named by its sha256 and never by a URL
 * or a path, so nothing else of the machine can be asked for. What is put is stored under the hash of what came, and refused
 * where that is not the name it was sent under.
 */
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { formatAddress } from '../../config/listen-address.js';
import { MajlisError } from '../../errors.js';
import { listenOn } from '../../http/listen-on.js';
import { makeHttpServer } from '../../http/make-http-server.js';
import { PROBLEM_TYPE, problemOf } from '../../http/problem-document.js';
import { subjectsOf } from '../../http/tls-context.js';
import { traceRequest } from '../../http/trace-request.js';
import { sha256 as hashOf } from '../../runtime/content-hash.js';
import { Gate } from '../../runtime/gate.js';
import { NO_TRACING } from '../../telemetry/tracing/no-tracing.js';
import type { Tracer } from '../../telemetry/tracing/tracer.js';
import type { Authorize } from '../../trust/authorize.js';
import type { CertificateFiles } from '../../trust/certificate-files.js';
import { refusePublicAddress } from '../../trust/refuse-public-address.js';
import { ARTIFACT_METHODS } from '../../trust/role-methods.js';
import type { ArtifactStore } from '../artifact-store.js';
import { requireSha256 } from '../artifact-refusals.js';
import { MOST_ARTIFACT_BYTES } from '../largest-artifact.js';
import { ARTIFACTS_PATH } from './artifact-protocol.js';
import { parseRange } from './byte-range.js';
import type { PutQuota } from './put-quota.js';

export interface ArtifactServerOptions {
  readonly store: ArtifactStore;
  /** Who may get and put; asked before a byte of a body is read. Absent: everybody may, on loopback. */
  readonly authorize?: Authorize;
  /** Its certificate; with a CA every client has to show one of that CA. Absent: plaintext. */
  readonly tls?: CertificateFiles;
  /** Loopback unless told. Another address needs `authorize` and TLS, or `insecure`. */
  readonly host?: string;
  /** What `--insecure` said: the network itself is trusted. */
  readonly insecure?: boolean;
  /** 0, the default, takes a free port. */
  readonly port?: number;
  readonly mostBytes?: number;
  /** Artifacts that are in memory at a time, to be sent and again as many that come; further requests wait. */
  readonly mostAtOnce?: number;
  /** How much each worker may put; absent, as much as it likes. */
  readonly quota?: PutQuota;
  /** Each request for content, or with content, is a span, caused by whoever its `traceparent` names. */
  readonly tracer?: Tracer;
  /** Is told of failures that are no request's fault. */
  readonly onFailure?: (failure: MajlisError) => void;
}

/** A running server. It owns its port until `close` resolves. */
export interface ArtifactServer {
  /** What clients are given. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const MOST_AT_ONCE = 16;

type Keyed = FastifyRequest<{ Params: { sha256: string } }>;

/** Starts it; it answers when this resolves. A port that is taken is `failed_precondition`. */
export async function serveArtifacts(options: ArtifactServerOptions): Promise<ArtifactServer> {
  const host = options.host ?? LOOPBACK;
  const { authorize, insecure, tls } = options;
  refusePublicAddress({
    server: 'the artifact server',
    host,
    authenticates: authorize !== undefined,
    encrypts: tls !== undefined,
    insecure,
  });
  const { mostBytes = MOST_ARTIFACT_BYTES } = options;
  const server = fastify({
    bodyLimit: mostBytes,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    serverFactory: (handler) => makeHttpServer(handler, tls),
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  if (authorize !== undefined) guard(server, { authorize, quota: options.quota, mostBytes });
  answerFailures(server, options.onFailure);
  const most = options.mostAtOnce ?? MOST_AT_ONCE;
  const { store, tracer = NO_TRACING } = options;
  addReads(server, { store, tracer, gate: new Gate(most) });
  addWrites(server, { store, tracer, gate: new Gate(most) });
  const port = await listenOn(server, { host, port: options.port ?? 0 }, 'artifacts');
  const scheme = tls === undefined ? 'http' : 'https';
  return { url: `${scheme}://${formatAddress({ host, port })}`, port, close: () => server.close() };
}

interface Guard {
  readonly authorize: Authorize;
  readonly quota: PutQuota | undefined;
  readonly mostBytes: number;
}

/** Before a byte of a body is read. */
function guard(server: FastifyInstance, { authorize, quota, mostBytes }: Guard): void {
  server.addHook('onRequest', async ({ method, headers, raw }, reply) => {
    const isPut = method === 'PUT';
    const wanted = isPut ? ARTIFACT_METHODS.put : ARTIFACT_METHODS.get;
    const caller = authorize(headers.authorization, wanted, subjectsOf(raw));
    if (!isPut || quota === undefined) return;
    const length = headers['content-length'];
    if (length === undefined) {
      const sentence = 'a put says by Content-Length how many bytes come';
      return sendProblem(reply, new MajlisError(sentence, { code: 'invalid_argument' }), 411);
    }
    // What is too long is refused for that, and counts for nothing.
    if (Number(length) > mostBytes) return;
    try {
      quota.take(caller, Number(length));
    } catch (thrown) {
      return sendProblem(reply, MajlisError.from(thrown), 429);
    }
  });
}

/** What requests are answered from. */
interface Serving {
  readonly store: ArtifactStore;
  readonly tracer: Tracer;
  readonly gate: Gate;
}

const ROUTE = `${ARTIFACTS_PATH}:sha256`;

function addReads(server: FastifyInstance, { store, tracer, gate }: Serving): void {
  server.head(ROUTE, async ({ params: { sha256 } }: Keyed, reply) => {
    requireSha256(sha256);
    if (!(await store.has(sha256))) throw unknownArtifact(sha256);
    return reply.headers(headersOf(sha256)).send();
  });
  const get = async (request: Keyed, reply: FastifyReply): Promise<FastifyReply> => {
    const { sha256 } = request.params;
    requireSha256(sha256);
    await turn(gate, reply);
    return sendBytes(await stored(store, sha256), request, reply);
  };
  server.get(ROUTE, (request: Keyed, reply) =>
    traceRequest(tracer, { method: 'GET', route: ROUTE, headers: request.headers }, () =>
      get(request, reply),
    ),
  );
}

/** The store's own sentence names a folder or bucket, which is nothing that a client can look at. */
async function stored(store: ArtifactStore, sha256: string): Promise<Uint8Array> {
  try {
    return await store.get(sha256);
  } catch (thrown) {
    const failure = MajlisError.from(thrown);
    throw failure.code === 'not_found' ? unknownArtifact(sha256) : failure;
  }
}

/** Waits for a turn that lasts until the answer is sent or its reader is gone. */
async function turn(gate: Gate, reply: FastifyReply): Promise<void> {
  let isGone = false;
  let leave = (): void => undefined;
  reply.raw.once('close', () => {
    isGone = true;
    leave();
  });
  leave = await gate.enter();
  if (isGone) leave();
}

function sendBytes(
  bytes: Uint8Array,
  { headers, params: { sha256 } }: Keyed,
  reply: FastifyReply,
): FastifyReply {
  const tag = tagOf(sha256);
  const wanted = headers['if-match'];
  if (wanted !== undefined && wanted !== '*' && !wanted.split(/\s*,\s*/).includes(tag)) {
    const sentence = `artifact ${sha256} is its own tag, and the request wants ${wanted.slice(0, 80)}`;
    return sendProblem(reply, new MajlisError(sentence, { code: 'failed_precondition' }), 412);
  }
  const isSame = headers['if-range'] === undefined || headers['if-range'] === tag;
  const range = isSame ? parseRange(headers.range, bytes.length) : 'whole';
  if (range === 'unsatisfiable') {
    void reply.header('content-range', `bytes */${bytes.length}`);
    const sentence = `artifact ${sha256} has ${bytes.length} bytes, and the request wants ${headers.range}`;
    return sendProblem(reply, new MajlisError(sentence, { code: 'out_of_range' }), 416);
  }
  void reply.headers(headersOf(sha256)).type('application/octet-stream');
  if (range === 'whole') return reply.send(bufferOf(bytes));
  const { first, last } = range;
  void reply.code(206).header('content-range', `bytes ${first}-${last}/${bytes.length}`);
  return reply.send(bufferOf(bytes.subarray(first, last + 1)));
}

function addWrites(server: FastifyInstance, { store, tracer, gate }: Serving): void {
  // Before the body is read into memory.
  server.addHook('preParsing', async ({ method }, reply) => {
    if (method === 'PUT') await turn(gate, reply);
  });
  const put = async (request: Keyed, reply: FastifyReply): Promise<FastifyReply> => {
    const { sha256 } = request.params;
    requireSha256(sha256);
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const found = hashOf(bytes);
    if (found !== sha256) {
      const sentence = `the ${bytes.length} bytes that came have the sha256 ${found}, and were sent as ${sha256}`;
      return sendProblem(reply, new MajlisError(sentence, { code: 'data_loss' }), 412);
    }
    await store.put(bytes);
    return reply.code(204).header('etag', tagOf(sha256)).send();
  };
  server.put(ROUTE, (request: Keyed, reply) =>
    traceRequest(tracer, { method: 'PUT', route: ROUTE, headers: request.headers }, () =>
      put(request, reply),
    ),
  );
}

function answerFailures(server: FastifyInstance, onFailure: ArtifactServerOptions['onFailure']): void {
  server.setNotFoundHandler((_request, reply) =>
    sendProblem(
      reply,
      new MajlisError(`only ${ARTIFACTS_PATH}<sha256> is served here`, { code: 'not_found' }),
    ),
  );
  server.setErrorHandler((thrown, _request, reply) => {
    const { data } = z
      .object({ statusCode: z.int().min(400).max(499), message: z.string() })
      .safeParse(thrown);
    const failure =
      thrown instanceof MajlisError || data === undefined
        ? MajlisError.from(thrown)
        : new MajlisError(data.message, {
            code: data.statusCode === 413 ? 'out_of_range' : 'invalid_argument',
          });
    const { status } = problemOf(failure, data?.statusCode);
    if (status >= 500) onFailure?.(failure);
    return sendProblem(reply, failure, status);
  });
}

function sendProblem(reply: FastifyReply, failure: MajlisError, given?: number): FastifyReply {
  const problem = problemOf(failure, given);
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer');
  return reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
}

function unknownArtifact(sha256: string): MajlisError {
  return new MajlisError(`artifact ${sha256} is not here`, { code: 'not_found' });
}

function headersOf(sha256: string): Record<string, string> {
  return { etag: tagOf(sha256), 'accept-ranges': 'bytes', 'cache-control': 'private, no-transform' };
}

function tagOf(sha256: string): string {
  return `"${sha256}"`;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
