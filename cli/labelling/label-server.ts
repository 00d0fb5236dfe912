/**
 * Serves the labelling page to this machine only. Whoever has the address may label: it holds a secret of 256 bits that
 * is new at each start, and nothing is answered without it. Requests under another host name are refused, so that no
 * site can reach the page through a name that it points here, and the page itself may load and send nothing elsewhere.
 */
import { timingSafeEqual } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { parseInput } from '../../core/config/parse-input.js';
import type { Rubric } from '../../core/domain/rubric.js';
import { MajlisError, type ErrorCode } from '../../core/errors.js';
import { sha256 } from '../../core/runtime/content-hash.js';
import { annotatorSchema } from './annotator-name.js';
import { labelAgreement } from './label-agreement.js';
import type { DeskState, LabelDesk } from './label-desk.js';
import { readPageFiles } from './page-files.js';
import { pageMessages } from './page-messages.js';
import { textDirection } from './text-direction.js';

export interface LabelServerOptions {
  readonly desk: LabelDesk;
  readonly rubric: Rubric;
  /** Stands in the address. */
  readonly token: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Whom the page takes for granted; it asks where this is absent. */
  readonly annotator?: string;
  /** Is told of failures that are nobody's request's fault. */
  readonly onFailure: (failure: MajlisError) => void;
}

export interface LabelServer {
  /** The page's address, with its token. */
  readonly url: string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const MOST_REQUEST_BYTES = 16 * 1024;

const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const STATUS: Partial<Record<ErrorCode, number>> = {
  invalid_argument: 400,
  permission_denied: 403,
  not_found: 404,
  aborted: 409,
  failed_precondition: 409,
  resource_exhausted: 507,
};

const stateQuery = z.strictObject({ annotator: annotatorSchema });
const answerBody = z.strictObject({
  annotator: annotatorSchema,
  step: z.int().min(0),
  pick: z.enum(['one', 'two', 'neither']),
});
const undoBody = z.strictObject({ annotator: annotatorSchema, done: z.int().min(0) });

/** Starts the page's server; it answers when this resolves. */
export async function startLabelServer(options: LabelServerOptions): Promise<LabelServer> {
  const server = fastify({ bodyLimit: MOST_REQUEST_BYTES, forceCloseConnections: true });
  // What a form or a script of another site can post unasked is text; only JSON is read here.
  server.removeContentTypeParser('text/plain');
  guard(server, options.token);
  answerFailures(server, options.onFailure);
  await addPage(server, options);
  addDesk(server, options.desk);
  return { url: `${await listen(server, options.port)}/${options.token}/`, close: () => server.close() };
}

async function listen(server: FastifyInstance, port: number): Promise<string> {
  try {
    return await server.listen({ host: HOST, port });
  } catch (cause) {
    await server.close();
    throw new MajlisError(
      `Port ${port} of ${HOST} cannot be used. Give another with --port, or 0 for any that is free.`,
      { code: 'failed_precondition', cause },
    );
  }
}

/** Every answer has the headers; every request has to come from this page. */
function guard(server: FastifyInstance, token: string): void {
  const wanted = Buffer.from(sha256(token));
  server.addHook('onRequest', async (request, reply) => {
    void reply.headers(HEADERS);
    const host = `${HOST}:${request.socket.localPort}`;
    const { host: named, origin } = request.headers;
    if (named !== host || (origin !== undefined && origin !== `http://${host}`)) {
      throw new MajlisError(`Only http://${host} is served here.`, { code: 'permission_denied' });
    }
    const given = request.url.split('/').at(1) ?? '';
    // Hashes are of one length, and comparing them takes the same time wherever they differ.
    if (!timingSafeEqual(Buffer.from(sha256(given)), wanted)) throw notFound();
  });
}

function answerFailures(server: FastifyInstance, onFailure: LabelServerOptions['onFailure']): void {
  server.setNotFoundHandler(() => {
    throw notFound();
  });
  server.setErrorHandler(async (thrown, _request, reply) => {
    const status = statusOf(thrown);
    const failure = MajlisError.from(thrown);
    if (status >= 500) onFailure(failure);
    return reply.code(status).send({ error: failure.message, code: failure.code });
  });
}

/** Of our own errors by their code, of the server's (a body too long, no JSON) by what it says. */
function statusOf(thrown: unknown): number {
  if (thrown instanceof MajlisError) return STATUS[thrown.code] ?? 500;
  const { data } = z.object({ statusCode: z.int().min(400).max(499) }).safeParse(thrown);
  return data?.statusCode ?? 500;
}

async function addPage(
  server: FastifyInstance,
  { rubric, annotator, desk }: LabelServerOptions,
): Promise<void> {
  const files = await readPageFiles();
  for (const [name, { contentType, bytes }] of files) {
    server.get(`/:token/${name}`, async (_request: FastifyRequest, reply: FastifyReply) =>
      reply.type(contentType).send(bytes),
    );
  }
  const { language, messages } = await pageMessages(rubric.locale);
  server.get('/:token/api/page', async () => ({
    language,
    direction: textDirection(language),
    messages,
    rubric: {
      id: rubric.id,
      version: rubric.version,
      title: rubric.title,
      criteria: rubric.criteria.map(({ description }) => description),
    },
    annotators: [...new Set(desk.labels.map((label) => label.annotator))].sort(),
    ...(annotator === undefined ? {} : { annotator }),
  }));
}

function addDesk(server: FastifyInstance, desk: LabelDesk): void {
  server.get('/:token/api/state', async ({ query }) => {
    const { annotator } = parseInput(stateQuery, query, { source: 'request' });
    return forPage(desk.stateOf(annotator));
  });
  server.post('/:token/api/answers', async ({ body }) => {
    const { annotator, step, pick } = parseInput(answerBody, body, { source: 'request' });
    return forPage(await desk.answer(annotator, step, pick));
  });
  server.post('/:token/api/undo', async ({ body }) => {
    const { annotator, done } = parseInput(undoBody, body, { source: 'request' });
    return forPage(await desk.undo(annotator, done));
  });
  server.get('/:token/api/agreement', async () => labelAgreement(desk.labels));
}

function forPage(state: DeskState): unknown {
  const { showing } = state;
  if (showing === undefined) return state;
  return { ...state, showing: { ...showing, direction: textDirection(showing.locale) } };
}

function notFound(): MajlisError {
  return new MajlisError('There is nothing at this address.', { code: 'not_found' });
}
