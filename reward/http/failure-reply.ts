/**
 * Every failure over HTTP is a problem document (RFC 9457) with our own code, whatever the contract: the trainers' clients look
 * at the status alone. A failure of the server itself tells nothing of what went on in it.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ERROR_CODES, MajlisError } from '../../core/errors.js';
import type { ErrorCode } from '../../core/errors.js';
import { PROBLEM_TYPE, problemOf } from '../../core/http/problem-document.js';
import { UnscoredAnswers } from './unscored-answers.js';

/** Where a request for rewards differs from others. */
const STATUS_OF: Readonly<Partial<Record<ErrorCode, number>>> = {
  failed_precondition: 409,
  resource_exhausted: 429,
  out_of_range: 413,
  cancelled: 499,
  aborted: 503,
};

/** Asking again sooner would be in vain; where nothing better is known. */
const RETRY_MS = 1000;

const fastifyFailure = z.object({ statusCode: z.int().min(400).max(499), message: z.string() });

/** The form of every failure, as the OpenAPI document has it. */
export const problemSchema = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(ERROR_CODES),
  unscored: z
    .array(
      z.object({
        index: z.int(),
        kind: z.enum(['abstained', 'judge_failed', 'unparseable']),
        reason: z.string(),
        retryable: z.boolean(),
      }),
    )
    .optional()
    .meta({ description: 'Answers without a reward, in contracts that have no word for them.' }),
});

/** Whatever was thrown while a request was answered, as a failure and its status. */
export function readFailure(thrown: unknown): { readonly failure: MajlisError; readonly status: number } {
  if (thrown instanceof UnscoredAnswers) {
    return { failure: thrown, status: thrown.isRetryable ? 503 : 422 };
  }
  const { data } = thrown instanceof MajlisError ? { data: undefined } : fastifyFailure.safeParse(thrown);
  if (data !== undefined) {
    const code = data.statusCode === 413 ? 'out_of_range' : 'invalid_argument';
    return { failure: new MajlisError(data.message, { code, cause: thrown }), status: data.statusCode };
  }
  const failure = MajlisError.from(thrown);
  return { failure, status: STATUS_OF[failure.code] ?? problemOf(failure).status };
}

/** Sends it. A connection whose request was too large stays open, so that its client gets to read why. */
export function sendFailure(reply: FastifyReply, failure: MajlisError, status: number): FastifyReply {
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  if (status === 413) void reply.removeHeader('connection');
  if (status === 429 || status === 503) {
    void reply.header('retry-after', String(Math.ceil((failure.retryAfterMs ?? RETRY_MS) / 1000)));
  }
  const unscored = failure instanceof UnscoredAnswers ? { unscored: failure.answers } : {};
  const problem = { ...problemOf(told(failure, status), status), ...unscored };
  return reply.code(status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
}

function told(failure: MajlisError, status: number): MajlisError {
  if (status !== 500) return failure;
  return new MajlisError('the server failed; its log says how', { code: failure.code });
}

/** Answers what is no HTTP, or does not come in time, on the bare connection. */
export function refuseConnection(thrown: Error & { readonly code?: string }, socket: Socket): void {
  if (socket.destroyed || !socket.writable || thrown.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const { failure, status } = brokenRequest(thrown.code);
  const body = JSON.stringify(problemOf(failure, status));
  const head = [
    `HTTP/1.1 ${status} ${problemOf(failure, status).title}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function brokenRequest(code: string | undefined): { readonly failure: MajlisError; readonly status: number } {
  const failed = (sentence: string, failureCode: ErrorCode, status: number) => ({
    ...{ failure: new MajlisError(sentence, { code: failureCode }), status },
  });
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return failed('the request did not come in time', 'unavailable', 408);
  if (code === 'HPE_HEADER_OVERFLOW') return failed('the headers are too long', 'out_of_range', 431);
  return failed('what came is no HTTP/1.1 request', 'invalid_argument', 400);
}

/** The path of a request without its query, which may hold what a client alone should know. */
export function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0];
}
