import { z } from 'zod';
import { MajlisError } from '../../errors.js';
import type { ErrorCode } from '../../errors.js';
import { systemCode } from '../../runtime/storage-error.js';

/** Where a request went, for its failures. */
export interface S3Place {
  readonly bucket: string;
  /** The key below the bucket, or nothing where the request is of the bucket itself. */
  readonly key: string;
}

const thrownSchema = z.object({
  name: z.string(),
  message: z.string(),
  $metadata: z.object({ httpStatusCode: z.number().optional() }).optional(),
});

const WRITE_OR_READ = 's3:GetObject, s3:PutObject and s3:ListBucket, and s3:DeleteObject for what goes';

const NO_BUCKET = 'there is no bucket {bucket}: create it, or name one that exists';

/** What S3 and servers like it call a failure, and what to do; `{bucket}` is put in. */
const SENTENCES: ReadonlyMap<string, readonly [ErrorCode, string]> = new Map([
  ['NoSuchBucket', ['failed_precondition', NO_BUCKET]],
  [
    'AccessDenied',
    ['permission_denied', `the credentials may not do this: they need ${WRITE_OR_READ} on {bucket}`],
  ],
  ['InvalidAccessKeyId', ['unauthenticated', 'the access key is none that is known there']],
  ['SignatureDoesNotMatch', ['unauthenticated', 'the secret key is not that of the access key']],
  ['ExpiredToken', ['unauthenticated', 'the credentials have expired: renew them where they come from']],
  [
    'CredentialsProviderError',
    [
      'unauthenticated',
      'there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role',
    ],
  ],
  ['PermanentRedirect', ['failed_precondition', '{bucket} is in another region: name it with ?region=']],
  [
    'AuthorizationHeaderMalformed',
    ['failed_precondition', '{bucket} is in another region: name it with ?region='],
  ],
  ['BadDigest', ['data_loss', 'the bytes that arrived are not those that were sent']],
  ['XAmzContentChecksumMismatch', ['data_loss', 'the bytes that arrived are not those that were sent']],
  ['XAmzContentSHA256Mismatch', ['data_loss', 'the bytes that arrived are not those that were sent']],
  ['EntityTooLarge', ['out_of_range', 'the object is larger than the server takes']],
]);

/** The same by status, for what a HEAD says, which has no body, and for servers with names of their own. */
const NAME_OF: ReadonlyMap<number, string> = new Map([
  [301, 'PermanentRedirect'],
  [401, 'InvalidAccessKeyId'],
  [403, 'AccessDenied'],
  [413, 'EntityTooLarge'],
]);

/** Whether the failure says that there is no such object. */
export function isMissing(thrown: unknown): boolean {
  const { data } = thrownSchema.safeParse(thrown);
  return data !== undefined && ['NoSuchKey', 'NotFound', '404'].includes(data.name);
}

/** The bucket itself is not there, which a HEAD tells by its status alone. */
export function missingBucket(bucket: string): MajlisError {
  return new MajlisError(`s3://${bucket}: ${NO_BUCKET.replaceAll('{bucket}', bucket)}`, {
    code: 'failed_precondition',
  });
}

/** A failed request as one sentence that names the place and the next step. Throttling and 5xx are `unavailable`. */
export function s3Failure({ bucket, key }: S3Place, thrown: unknown): MajlisError {
  if (thrown instanceof MajlisError) return thrown;
  const [code, sentence] = describe(thrown);
  const message = `s3://${bucket}/${key}: ${sentence.replaceAll('{bucket}', bucket)}`;
  return new MajlisError(message, { code, cause: thrown });
}

function describe(thrown: unknown): readonly [ErrorCode, string] {
  const { code, message } = MajlisError.from(thrown);
  if (code === 'cancelled') return [code, message];
  const { data } = thrownSchema.safeParse(thrown);
  const status = data?.$metadata?.httpStatusCode ?? 0;
  const name = data?.name ?? '';
  const known = SENTENCES.get(name) ?? SENTENCES.get(NAME_OF.get(status) ?? '');
  if (known !== undefined) return known;
  if (isForGood(status)) return ['failed_precondition', `the server answered ${status} ${name}: ${message}`];
  return ['unavailable', `the server cannot be asked at present (${systemCode(thrown) ?? name})`];
}

/** Whether asking the same again gets the same answer. */
function isForGood(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}
