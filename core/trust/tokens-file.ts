import { dirname, resolve } from 'node:path';
import { tokensFileSchema } from '../config/trust-options.js';
import type { TokensFile } from '../config/trust-options.js';
import { readToken } from '../config/read-token.js';
import { readYaml } from '../config/read-yaml.js';
import { BadInputError, MajlisError } from '../errors.js';
import type { Authorize, KnownCallers, KnownToken } from './authorize.js';
import { authorizeBy, digestOf } from './authorize.js';
import { watchFiles } from './watch-files.js';

/** A shorter token can be guessed. 20 characters of base64 are 120 bits. */
const SHORTEST_TOKEN = 20;

export interface TokensFileOptions {
  /** Told why a file that changed was not taken up; who was known before stays known. */
  onRefused?(failure: MajlisError): void;
  /** Told when the file was taken up again. */
  onTaken?(): void;
  /** How often the files are looked at. */
  readonly everyMs?: number;
}

/** A tokens file in use. */
export interface OpenTokensFile {
  readonly authorize: Authorize;
  /** Everybody that it knows at this time. */
  readonly known: () => KnownCallers;
  /** Ends the watch over the files. */
  close(): void;
}

/**
 * Authorizes by a tokens file, which is taken up again whenever it or a token file that it names changes. A file that
 * changed to something unusable leaves who was known before. At the start a bad file is a BadInputError.
 */
export async function openTokensFile(path: string, options: TokensFileOptions = {}): Promise<OpenTokensFile> {
  let { known, files } = await readCallers(path);
  let reading = Promise.resolve();
  let stop = watch();
  let isOpen = true;
  // What changed between the first look and the watch.
  ({ known, files } = await readCallers(path).catch((thrown: unknown) => {
    stop();
    throw thrown;
  }));
  function watch(): () => void {
    const again = (): void => {
      reading = reading.then(takeUp);
    };
    return watchFiles([path, ...files], again, options.everyMs);
  }
  async function takeUp(): Promise<void> {
    try {
      const next = await readCallers(path);
      if (!isOpen) return;
      const watched = files;
      ({ known, files } = next);
      if (files.join('\n') !== watched.join('\n')) {
        stop();
        stop = watch();
        // What changed while nobody watched.
        await takeUp();
      } else options.onTaken?.();
    } catch (thrown) {
      options.onRefused?.(MajlisError.from(thrown));
    }
  }
  return {
    authorize: authorizeBy(() => known),
    known: () => known,
    close: () => {
      isOpen = false;
      stop();
    },
  };
}

async function readCallers(
  path: string,
): Promise<{ readonly known: KnownCallers; readonly files: readonly string[] }> {
  const { tokens, certificates } = await readYaml(path, tokensFileSchema);
  if (tokens.length + certificates.length === 0) {
    throw new BadInputError({ source: path, found: 'nobody', allowed: 'at least one token or certificate' });
  }
  const known = await Promise.all(tokens.map((token, index) => knownToken(token, path, index)));
  refuseSecondUse(known, path);
  const files = tokens.flatMap(({ tokenFile }) => (tokenFile === undefined ? [] : [beside(path, tokenFile)]));
  return { known: { tokens: known, certificates }, files };
}

async function knownToken(
  { name, role, sha256, tokenFile }: TokensFile['tokens'][number],
  path: string,
  index: number,
): Promise<KnownToken> {
  if (tokenFile === undefined) return { name, role, sha256: Buffer.from(sha256 ?? '', 'hex') };
  const source = beside(path, tokenFile);
  const token = await readToken(source);
  if (token.length >= SHORTEST_TOKEN) return { name, role, sha256: digestOf(token) };
  throw new BadInputError({
    source,
    place: `tokens[${index}] of ${path}`,
    found: `a token of ${token.length} characters`,
    allowed: `at least ${SHORTEST_TOKEN}; "openssl rand -base64 32" makes one`,
  });
}

/** Two names for one token would make the audit log name the wrong one. */
function refuseSecondUse(tokens: readonly KnownToken[], source: string): void {
  const names = new Map<string, string>();
  tokens.forEach(({ name, sha256 }, index) => {
    const digest = Buffer.from(sha256).toString('hex');
    const first = names.get(digest);
    if (first !== undefined) {
      const found = `the token of ${first} again`;
      throw new BadInputError({ source, place: `tokens[${index}]`, found, allowed: 'each token once' });
    }
    names.set(digest, name);
  });
}

function beside(path: string, name: string): string {
  return resolve(dirname(path), name);
}
