/**
 * The reward over HTTP, in the words of each trainer. Who asks is known before a byte of a body is read; what was asked is in
 * no log, and a reply says nothing of any other request.
 */
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { formatAddress } from '../../core/config/listen-address.js';
import { MajlisError } from '../../core/errors.js';
import { listenOn } from '../../core/http/listen-on.js';
import { makeHttpServer } from '../../core/http/make-http-server.js';
import type { Logger } from '../../core/telemetry/logger.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import type { Authorize } from '../../core/trust/authorize.js';
import type { CertificateFiles } from '../../core/trust/certificate-files.js';
import { refusePublicAddress } from '../../core/trust/refuse-public-address.js';
import type { RewardService } from '../serving/reward-service.js';
import { RequestAnswers } from './request-answers.js';
import { pathOf, readFailure, refuseConnection, sendFailure } from './failure-reply.js';
import type { HttpContract } from './http-contract.js';
import { addNemoGymSession } from './nemo-gym-session.js';
import { nemoGymCompare } from './nemo-gym-compare.js';
import { nemoGymVerify } from './nemo-gym-verify.js';
import { openApiDocument } from './openapi-document.js';
import { openRlhf } from './openrlhf.js';
import { plainScore } from './plain-score.js';
import type { RewardHttpObserver } from './reward-http-observer.js';
import { slime } from './slime.js';

/** What one client may take up before it is known what it asks. */
export interface RewardHttpLimits {
  readonly bodyBytes: number;
  /** Of all bodies that are at hand at one time; while there are so many, more are refused. */
  readonly bodyBytesAtOnce: number;
  /** From the first byte of a request to the end of its headers, and to its last byte. */
  readonly headersMs: number;
  readonly wholeRequestMs: number;
}

export interface RewardHttpOptions {
  readonly service: RewardService;
  readonly log: Logger;
  /** Who may ask. Absent: everybody may, as `anonymous`, on loopback. */
  readonly authorize?: Authorize;
  /** Its certificate; with a CA every client has to show one of that CA. Absent: plaintext. */
  readonly tls?: CertificateFiles;
  /** Loopback unless told. Another address needs `authorize` and TLS, or `insecure`. */
  readonly host?: string;
  readonly insecure?: boolean;
  /** 0, the default, takes a free port. */
  readonly port?: number;
  readonly limits?: Partial<RewardHttpLimits>;
  /** Whether requests are to be sent here; while it says no, `/health/ready` is 503. */
  readonly isReady?: () => boolean;
  readonly observer?: RewardHttpObserver;
  /** Each request that is let in is a span, caused by whoever its `traceparent` names. */
  readonly tracer?: Tracer;
}

/** A running server. It owns its port until `close` resolves. */
export interface RewardHttp {
  readonly url: string;
  readonly port: number;
  /** Takes no new connections, answers what was asked, and ends. */
  close(): Promise<void>;
}

const LIMITS: RewardHttpLimits = {
  bodyBytes: 8 * 1024 * 1024,
  bodyBytesAtOnce: 512 * 1024 * 1024,
  headersMs: 10_000,
  wholeRequestMs: 30_000,
};

const LOOPBACK = '127.0.0.1';
/** Longer than any trainer waits: OpenRLHF's 180 seconds are the most. */
const IDLE_MS = 200_000;
/** How many looks there are at the time that a request may take. */
const LOOKS = 4;

const CONTRACTS: readonly HttpContract[] = [openRlhf, slime, nemoGymCompare, nemoGymVerify, plainScore];

/** What NeMo-Gym puts before a path to tell rollouts apart (RolloutContextMiddleware). */
const ROLLOUT = /^\/ng-rollout\/[A-Za-z0-9][A-Za-z0-9._-]*(?=\/)/;

/** Starts it; it answers when this resolves. A port that is taken is `failed_precondition`. */
export async function startRewardHttp(options: RewardHttpOptions): Promise<RewardHttp> {
  const { authorize, tls, insecure, host = LOOPBACK } = options;
  const limits = { ...LIMITS, ...options.limits };
  refusePublicAddress({
    ...{ server: 'the reward server', host, insecure },
    ...{ authenticates: authorize !== undefined, encrypts: tls !== undefined },
  });
  const server = makeServer(options, limits);
  answerFailures(server, options.log);
  addHealth(server, options.isReady ?? (() => true));
  const answers = new RequestAnswers(server, { ...options, ...limits });
  for (const contract of CONTRACTS) answers.serve(contract);
  addNemoGymSession(server, { onRequest: answers.letIn });
  addDocument(server);
  const port = await listenOn(server, { host, port: options.port ?? 0 }, 'rewards');
  const scheme = tls === undefined ? 'http' : 'https';
  return { url: `${scheme}://${formatAddress({ host, port })}`, port, close: () => server.close() };
}

function makeServer({ tls }: RewardHttpOptions, limits: RewardHttpLimits): FastifyInstance {
  const { bodyBytes, headersMs, wholeRequestMs } = limits;
  const lookEveryMs = Math.ceil(Math.min(headersMs, wholeRequestMs) / LOOKS);
  const patience = { idleMs: IDLE_MS, headersMs, wholeRequestMs, lookEveryMs };
  const server = fastify({
    bodyLimit: bodyBytes,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    rewriteUrl: ({ url = '' }) => url.replace(ROLLOUT, ''),
    clientErrorHandler: refuseConnection,
    frameworkErrors: (thrown, _request, reply) => {
      const { failure, status } = readFailure(thrown);
      sendFailure(reply, failure, status);
    },
    serverFactory: (handler) => makeHttpServer(handler, tls, patience),
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  return server;
}

function answerFailures(server: FastifyInstance, log: Logger): void {
  const served = CONTRACTS.map(({ path }) => `POST ${path}`).join(', ');
  server.setNotFoundHandler((_request, reply) => {
    const sentence = `what is served here: ${served}, GET /openapi.json, /health/live and /health/ready`;
    return sendFailure(reply, new MajlisError(sentence, { code: 'not_found' }), 404);
  });
  server.setErrorHandler((thrown, request, reply) => {
    const { failure, status } = readFailure(thrown);
    if (status === 500)
      log.error('A request for rewards failed', { path: pathOf(request.raw), error: failure });
    return sendFailure(reply, failure, status);
  });
}

/** For whoever sends requests here, without asking who that is: it tells nothing else. */
function addHealth(server: FastifyInstance, isReady: () => boolean): void {
  server.get('/health/live', async () => ({ status: 'live' }));
  server.get('/health/ready', async (_request, reply) => {
    const ready = isReady();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready' });
  });
}

function addDocument(server: FastifyInstance): void {
  const document = JSON.stringify(openApiDocument(CONTRACTS));
  server.get('/openapi.json', async (_request, reply) => reply.type('application/json').send(document));
}
