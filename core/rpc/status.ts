import { Metadata, status as GrpcStatus } from '@grpc/grpc-js';
import type { ServiceError, StatusObject } from '@grpc/grpc-js';
import { z } from 'zod';
import { BadInput as BadInputCodec } from '../../proto/gen/majlis/v1/messages.js';
import type * as wire from '../../proto/gen/majlis/v1/messages.js';
import type { BadInput, ErrorCode } from '../errors.js';
import { BadInputError, MajlisError } from '../errors.js';
import { count, enumeration, identifier, message, text } from './message-fields.js';
import { decodeMessage, parseMessage } from './parse-message.js';

/**
 * MajlisError and gRPC status, both ways. Each code has one status and back; the two statuses that are no code of ours
 * (OK as an error, UNKNOWN) are `internal`. A BadInputError keeps its parts in a trailer, so that it is one again on the
 * other side. Causes and stacks never leave the process.
 */

/** Trailer with an encoded majlis.v1.BadInput. */
export const BAD_INPUT_TRAILER = 'majlis-bad-input-bin';

/** Milliseconds until asking again may help, where that is known; the name is gRPC's own (gRFC A6). */
export const RETRY_AFTER_TRAILER = 'grpc-retry-pushback-ms';

/** Trailers are HTTP/2 headers, which peers bound; a longer sentence is cut. */
const LONGEST_TEXT = 1024;

/** What grpc-js ends the reason of a failed connection with, where it has nothing to note. */
const NO_NOTE = /\.? Resolution note: $/;

const STATUS_OF_CODE: Readonly<Record<ErrorCode, GrpcStatus>> = {
  cancelled: GrpcStatus.CANCELLED,
  invalid_argument: GrpcStatus.INVALID_ARGUMENT,
  deadline_exceeded: GrpcStatus.DEADLINE_EXCEEDED,
  not_found: GrpcStatus.NOT_FOUND,
  already_exists: GrpcStatus.ALREADY_EXISTS,
  permission_denied: GrpcStatus.PERMISSION_DENIED,
  resource_exhausted: GrpcStatus.RESOURCE_EXHAUSTED,
  failed_precondition: GrpcStatus.FAILED_PRECONDITION,
  aborted: GrpcStatus.ABORTED,
  out_of_range: GrpcStatus.OUT_OF_RANGE,
  unimplemented: GrpcStatus.UNIMPLEMENTED,
  internal: GrpcStatus.INTERNAL,
  unavailable: GrpcStatus.UNAVAILABLE,
  data_loss: GrpcStatus.DATA_LOSS,
  unauthenticated: GrpcStatus.UNAUTHENTICATED,
};

const CODE_OF_STATUS = new Map<number, ErrorCode>(
  Object.entries(STATUS_OF_CODE).map(([code, status]) => [status, code as ErrorCode]),
);

const badInputMessage = message({
  source: identifier,
  place: z.string().exactOptional(),
  found: text,
  allowed: text,
});

const failureMessage = message({
  code: enumeration(STATUS_OF_CODE),
  message: text,
  badInput: badInputMessage.exactOptional(),
  retryAfterMs: count.exactOptional(),
});

/** The code of a status number; undefined for OK. */
export function codeOfStatus(status: number): ErrorCode | undefined {
  return status === 0 ? undefined : (CODE_OF_STATUS.get(status) ?? 'internal');
}

/** Whatever was thrown, as the status that a grpc-js server sends. */
export function toGrpcStatus(thrown: unknown): StatusObject {
  const error = MajlisError.from(thrown);
  const metadata = new Metadata();
  if (error instanceof BadInputError) {
    const bytes = BadInputCodec.encode(badInputToMessage(error.input)).finish();
    metadata.add(BAD_INPUT_TRAILER, Buffer.from(bytes));
  }
  const retryAfterMs = wholeMilliseconds(error);
  if (retryAfterMs !== undefined) metadata.add(RETRY_AFTER_TRAILER, String(retryAfterMs));
  return { code: STATUS_OF_CODE[error.code], details: shortened(error.message), metadata };
}

/** The error that a grpc-js client saw. A trailer that does not decode is left aside: the status still holds. */
export function fromGrpcStatus(error: ServiceError): MajlisError {
  const code = codeOfStatus(error.code) ?? 'internal';
  const badInput = code === 'invalid_argument' ? badInputOf(error.metadata) : undefined;
  if (badInput !== undefined) return new BadInputError(badInput, error);
  const sentence = error.details.replace(NO_NOTE, '');
  return new MajlisError(sentence, { code, cause: error, ...retryAfterOf(error.metadata) });
}

/** Whatever was thrown, as one item of a stream. Status numbers and majlis.v1.ErrorCode are the same numbers. */
export function failureToMessage(thrown: unknown): wire.Failure {
  const error = MajlisError.from(thrown);
  const code: number = STATUS_OF_CODE[error.code];
  return {
    code,
    message: error.message,
    badInput: error instanceof BadInputError ? badInputToMessage(error.input) : undefined,
    retryAfterMs: wholeMilliseconds(error),
  };
}

/** The error that an item of a stream carries. */
export function failureFromMessage(failure: wire.Failure | undefined): MajlisError {
  const {
    code,
    message: sentence,
    badInput,
    ...when
  } = parseMessage(failureMessage, failure, 'message majlis.v1.Failure');
  return badInput === undefined ? new MajlisError(sentence, { code, ...when }) : new BadInputError(badInput);
}

function wholeMilliseconds({ retryAfterMs }: MajlisError): number | undefined {
  return retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs);
}

function retryAfterOf(metadata: Metadata | undefined): { readonly retryAfterMs?: number } {
  const parsed = count.safeParse(Number(metadata?.get(RETRY_AFTER_TRAILER)[0] ?? NaN));
  return parsed.success ? { retryAfterMs: parsed.data } : {};
}

function badInputToMessage(input: BadInput): wire.BadInput {
  return {
    source: shortened(input.source),
    place: input.place === undefined ? undefined : shortened(input.place),
    found: shortened(input.found),
    allowed: shortened(input.allowed),
  };
}

function badInputOf(metadata: Metadata | undefined): BadInput | undefined {
  const [trailer] = metadata?.get(BAD_INPUT_TRAILER) ?? [];
  if (!Buffer.isBuffer(trailer)) return undefined;
  const source = 'message majlis.v1.BadInput';
  try {
    return parseMessage(badInputMessage, decodeMessage(BadInputCodec, trailer, source), source);
  } catch (error) {
    if (error instanceof BadInputError) return undefined;
    throw error;
  }
}

function shortened(sentence: string): string {
  return sentence.length > LONGEST_TEXT ? `${sentence.slice(0, LONGEST_TEXT - 1)}…` : sentence;
}
