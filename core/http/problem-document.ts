import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { ERROR_CODES, MajlisError } from '../errors.js';
import type { ErrorCode } from '../errors.js';

/** The media type of RFC 9457. */
export const PROBLEM_TYPE = 'application/problem+json';

/** A failure over HTTP (RFC 9457); `code` is our own, so that it means the same on both ends. */
export interface ProblemDocument {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
}

const STATUS_OF: Readonly<Partial<Record<ErrorCode, number>>> = {
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  unavailable: 503,
  deadline_exceeded: 504,
  resource_exhausted: 507,
};

/** What a status means where no problem document came with it, as from a proxy. */
const CODE_OF: ReadonlyMap<number, ErrorCode> = new Map([
  [400, 'invalid_argument'],
  [401, 'unauthenticated'],
  [403, 'permission_denied'],
  [404, 'not_found'],
  [408, 'unavailable'],
  [412, 'failed_precondition'],
  [413, 'out_of_range'],
  [416, 'out_of_range'],
  [429, 'resource_exhausted'],
  [502, 'unavailable'],
  [503, 'unavailable'],
  [504, 'deadline_exceeded'],
  [507, 'resource_exhausted'],
]);

const problemSchema = z.object({ detail: z.string().max(4096), code: z.enum(ERROR_CODES) });

/** The document of a failure; its status is that of the code unless another is given. */
export function problemOf({ code, message }: MajlisError, given?: number): ProblemDocument {
  const status = given ?? STATUS_OF[code] ?? 500;
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Unknown', status, detail: message, code };
}

/** The failure that an answer with that status and body tells; the body need not be a problem document. */
export function fromProblem(status: number, body: string, place: string): MajlisError {
  const { data } = problemSchema.safeParse(parsed(body));
  const said = data?.detail ?? `the answer was ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
  return new MajlisError(`${place}: ${said}`, { code: data?.code ?? CODE_OF.get(status) ?? 'internal' });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // A proxy's page; its status is what counts.
    return undefined;
  }
}
