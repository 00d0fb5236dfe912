import { Metadata } from '@grpc/grpc-js';
import type { ServiceError, StatusObject } from '@grpc/grpc-js';
import { BadInputError, ERROR_CODES, MajlisError } from '../../../../core/errors.js';
import {
  BAD_INPUT_TRAILER,
  failureFromMessage,
  failureToMessage,
  fromGrpcStatus,
  toGrpcStatus,
} from '../../../../core/rpc/status.js';
import { refusal } from './refusal.js';

/** gRPC's own numbers: https://grpc.io/docs/guides/status-codes. */
const GRPC_NUMBERS = {
  cancelled: 1,
  invalid_argument: 3,
  deadline_exceeded: 4,
  not_found: 5,
  already_exists: 6,
  permission_denied: 7,
  resource_exhausted: 8,
  failed_precondition: 9,
  aborted: 10,
  out_of_range: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  data_loss: 15,
  unauthenticated: 16,
};

/** What a client gets to see of a status. */
function received(status: StatusObject): ServiceError {
  return Object.assign(new Error(`${status.code}: ${status.details}`), status);
}

const badInput = new BadInputError({
  source: 'rubric.yaml',
  place: 'criteria.0.weight',
  found: '-1',
  allowed: 'a number above 0',
});

describe('gRPC status', () => {
  it('has one number for every code and no other', () => {
    expect(Object.keys(GRPC_NUMBERS).sort()).toEqual([...ERROR_CODES].sort());
  });

  it.each(Object.entries(GRPC_NUMBERS))('of %s is %i, both ways', (code, number) => {
    const error = new MajlisError('why', { code: code as keyof typeof GRPC_NUMBERS });
    const status = toGrpcStatus(error);
    expect(status).toMatchObject({ code: number, details: 'why' });
    const back = fromGrpcStatus(received(status));
    expect(back).toMatchObject({ code, message: 'why', isRetryable: error.isRetryable });
    expect(failureFromMessage(failureToMessage(error))).toMatchObject({ code, message: 'why' });
  });

  it('carries when to ask again, in a trailer and in a failure', () => {
    const error = new MajlisError('full', { code: 'resource_exhausted', retryAfterMs: 1500.2 });
    expect(fromGrpcStatus(received(toGrpcStatus(error))).retryAfterMs).toBe(1501);
    expect(failureFromMessage(failureToMessage(error)).retryAfterMs).toBe(1501);
    const other = new MajlisError('down', { code: 'unavailable' });
    expect(fromGrpcStatus(received(toGrpcStatus(other))).retryAfterMs).toBeUndefined();
    expect(failureFromMessage(failureToMessage(other)).retryAfterMs).toBeUndefined();
  });

  it.each([0, 2, 17, -1])('%i, which no code has, reads as internal', (number) => {
    const error = received({ code: number, details: 'what', metadata: new Metadata() });
    expect(fromGrpcStatus(error)).toMatchObject({ code: 'internal', message: 'what' });
  });

  it('keeps the parts of a refused input, with and without a place', () => {
    const back = fromGrpcStatus(received(toGrpcStatus(badInput)));
    expect(back).toBeInstanceOf(BadInputError);
    expect(back).toMatchObject({ message: badInput.message, input: badInput.input });
    const placeless = new BadInputError({ source: 's', found: '', allowed: 'more' });
    expect((fromGrpcStatus(received(toGrpcStatus(placeless))) as BadInputError).input).toStrictEqual(
      placeless.input,
    );
  });

  it('stays a plain refusal when the trailer is no message', () => {
    const metadata = new Metadata();
    metadata.set(BAD_INPUT_TRAILER, Buffer.from([0x0a, 0xff]));
    const back = fromGrpcStatus(received({ code: 3, details: 'bad', metadata }));
    expect(back).not.toBeInstanceOf(BadInputError);
    expect(back).toMatchObject({ code: 'invalid_argument', message: 'bad' });
  });

  it('turns an abort into cancelled and any other throw into internal', () => {
    expect(toGrpcStatus(Object.assign(new Error('stop'), { name: 'AbortError' })).code).toBe(1);
    expect(toGrpcStatus('text').code).toBe(13);
  });

  it('leaves out the note that grpc-js has none of', () => {
    const details = 'No connection established. Last error: connect ECONNREFUSED. Resolution note: ';
    const { message } = fromGrpcStatus(received({ ...toGrpcStatus(new Error('x')), details }));
    expect(message).toBe('No connection established. Last error: connect ECONNREFUSED');
  });

  it('cuts a sentence that would not fit into a header', () => {
    const { details } = toGrpcStatus(new MajlisError('ا'.repeat(100_000), { code: 'internal' }));
    expect(details).toHaveLength(1024);
    expect(details.endsWith('…')).toBe(true);
  });
});

describe('a failure inside a stream', () => {
  it('keeps the parts of a refused input', () => {
    expect(failureFromMessage(failureToMessage(badInput))).toMatchObject({ input: badInput.input });
  });

  it.each([
    ['no message at all', undefined, 'nothing'],
    ['an unset code', { code: 0, message: 'm', badInput: undefined }, '0'],
    ['the code UNKNOWN', { code: 2, message: 'm', badInput: undefined }, '2'],
  ])('is refused with %s', (_name, failure, found) => {
    const { input } = refusal(() => failureFromMessage(failure));
    expect(input).toMatchObject({ source: 'message majlis.v1.Failure', found });
  });
});
