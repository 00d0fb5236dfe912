import { resolve } from 'node:path';
import { z } from 'zod';
import { BadInputError } from '../errors.js';
import { parseInput } from './parse-input.js';

/** Where artifacts are kept that several processes or machines share. */
export type ArtifactsPlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      /** Ends in / unless it is empty. */
      readonly prefix: string;
      readonly region?: string;
      readonly endpoint?: string;
      readonly pathStyle?: boolean;
    };

const ALLOWED =
  'a folder, or s3://BUCKET/PREFIX with ?region=, &endpoint= and &pathStyle=true where they are needed';
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
/** Names that S3 gives buckets, and the underscores and capitals of old ones. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/;

const querySchema = z.strictObject({
  region: z.string().min(1).exactOptional(),
  endpoint: z.url({ protocol: /^https?$/, error: 'an http or https URL' }).exactOptional(),
  pathStyle: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .exactOptional(),
});

/** Reads what a flag says, such as `s3://bucket/prefix?region=eu-central-1`; anything else is a BadInputError of that source. */
export function parseArtifactsPlace(text: string, source: string): ArtifactsPlace {
  const [, scheme] = SCHEME.exec(text) ?? [];
  if (scheme === undefined && text !== '') return { kind: 'folder', folder: resolve(text) };
  // Credentials do not belong there, and still less on a screen.
  const found = JSON.stringify(text.replace(/\/\/[^/]*@/, '//…@'));
  const refuse = (): BadInputError => new BadInputError({ source, found, allowed: ALLOWED });
  if (scheme?.toLowerCase() !== 's3' || !URL.canParse(text)) throw refuse();
  const { host: bucket, pathname, searchParams, username, password, hash } = new URL(text);
  if (!BUCKET.test(bucket) || username + password + hash !== '') throw refuse();
  const trimmed = decodeURIComponent(pathname).replace(/^\/+|\/+$/g, '');
  const query = parseInput(querySchema, Object.fromEntries(searchParams), { source });
  return { kind: 's3', bucket, prefix: trimmed === '' ? '' : `${trimmed}/`, ...query };
}
