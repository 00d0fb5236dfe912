import { NatsError } from 'nats';
import { MajlisError } from '../../errors.js';
import type { ErrorCode } from '../../errors.js';

/** What the client or the server said, as an error of ours. `what` begins the sentence: "publishing to queue tasks". */
export function natsFailure(thrown: unknown, what: string): MajlisError {
  if (thrown instanceof MajlisError) return thrown;
  if (!(thrown instanceof Error)) return MajlisError.from(thrown);
  const [code, advice] = meaningOf(thrown);
  return new MajlisError(`${what} failed: ${advice}`, { code, cause: thrown });
}

/** What the server says of a subject that it does not allow, without saying to which message. */
export function forbidden(subject: string): MajlisError {
  const message = `the NATS server forbids these credentials to publish to ${subject}; see permitted-subjects.ts`;
  return new MajlisError(message, { code: 'permission_denied' });
}

type Meaning = readonly [ErrorCode, string];

function meaningOf(error: Error): Meaning {
  if (!(error instanceof NatsError)) return socketMeaning(error);
  const api = error.api_error;
  if (api !== undefined) return apiMeaning(api.err_code ?? 0, api.code, api.description);
  return CLIENT_MEANINGS.get(error.code) ?? permissionMeaning(error) ?? socketMeaning(error);
}

const NO_JETSTREAM =
  'the NATS server has no JetStream for this account; start it with `jetstream {}` in its configuration (or -js)';

/** By the client's codes. */
const CLIENT_MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ['TIMEOUT', ['unavailable', 'the NATS server did not answer in time']],
  ['503', ['unavailable', 'nobody on the NATS server answers there: the stream is missing or has no leader']],
  [
    'AUTHORIZATION_VIOLATION',
    [
      'unauthenticated',
      'the NATS server does not know these credentials; check user, password, token or creds file',
    ],
  ],
  [
    'BAD_AUTHENTICATION',
    ['unauthenticated', 'the credentials for the NATS server are of a kind that it does not take'],
  ],
  [
    'BAD_CREDS',
    ['unauthenticated', 'the creds file (--bus-creds) holds neither NATS credentials nor the seed of a key'],
  ],
  ['AUTHENTICATION_EXPIRED', ['unauthenticated', 'the credentials for the NATS server have expired']],
  ['ACCOUNT_EXPIRED', ['unauthenticated', 'the account on the NATS server has expired']],
  ['AUTHENTICATION_TIMEOUT', ['unauthenticated', 'the NATS server waited in vain for credentials']],
  [
    'CONNECTION_REFUSED',
    ['unavailable', 'no NATS server answers there; is it started, and is the address right?'],
  ],
  ['CONNECTION_TIMEOUT', ['unavailable', 'no NATS server answers there in time']],
  ['CONNECTION_CLOSED', ['failed_precondition', 'the bus is closed']],
  ['CONNECTION_DRAINING', ['failed_precondition', 'the bus is closed']],
  ['MAX_PAYLOAD_EXCEEDED', ['invalid_argument', "the message is larger than the server's max_payload"]],
  ['BAD_HEADER', ['invalid_argument', 'a header of the message has signs that no header may have']],
  ['TLS', ['failed_precondition', 'TLS with the NATS server failed; check the CA and the certificates']],
  ['SERVER_OPT_NA', ['failed_precondition', 'TLS is asked for, but the NATS server offers none']],
]);

/** By JetStream's error codes, of which the ranges are the server's own. */
const API_MEANINGS: ReadonlyMap<number, ErrorCode> = new Map([
  [10014, 'not_found'],
  [10059, 'not_found'],
  [10037, 'not_found'],
  [10039, 'failed_precondition'],
  [10076, 'failed_precondition'],
  [10058, 'already_exists'],
  [10077, 'resource_exhausted'],
  [10023, 'resource_exhausted'],
  [10028, 'resource_exhausted'],
  [10047, 'resource_exhausted'],
  [10027, 'resource_exhausted'],
  [10054, 'invalid_argument'],
]);

/** JetStream's own words about a request. */
export interface ApiError {
  /** As in HTTP. */
  readonly code: number;
  readonly err_code: number;
  readonly description: string;
}

/** The same for an error that came as an answer. */
export function apiFailure({ err_code, code, description }: ApiError, what: string): MajlisError {
  const [meaning, advice] = apiMeaning(err_code, code, description);
  return new MajlisError(`${what} failed: ${advice}`, { code: meaning });
}

function apiMeaning(errorCode: number, status: number, description: string): Meaning {
  const code = API_MEANINGS.get(errorCode);
  if (code === 'failed_precondition') return [code, NO_JETSTREAM];
  if (code !== undefined) return [code, description];
  return [status === 503 ? 'unavailable' : 'internal', `${description} (JetStream error ${errorCode})`];
}

function permissionMeaning({ code, permissionContext }: NatsError): Meaning | undefined {
  if (code !== 'PERMISSIONS_VIOLATION') return undefined;
  const { operation, subject } = permissionContext ?? { operation: 'use', subject: 'a subject' };
  return ['permission_denied', `the NATS server forbids these credentials the ${operation} of ${subject}`];
}

const UNREACHABLE = ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH'];

const UNTRUSTED = [
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
];

function socketMeaning(error: Error): Meaning {
  const code = 'code' in error ? String(error.code) : '';
  const isUnreachable = UNREACHABLE.some((sign) => code === sign || error.message.includes(sign));
  if (isUnreachable) return ['unavailable', `no NATS server answers there (${error.message})`];
  if (UNTRUSTED.includes(code)) {
    return [
      'failed_precondition',
      `no known CA stands behind its certificate (${error.message}); name that CA, in PEM, by --bus-ca`,
    ];
  }
  return ['internal', error.message];
}

export const JETSTREAM_IS_OFF = NO_JETSTREAM;
