import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { readText } from '../config/read-text.js';
import { BadInputError } from '../errors.js';
import type { Clock } from '../runtime/clock.js';

/** PEM files: whom to believe, and what to show. */
export interface CertificatePaths {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
}

/** What they hold, as read and found good. */
export interface Certificates {
  readonly ca?: Buffer;
  /** A certificate with its chain, and the private key that belongs to it. */
  readonly identity?: {
    readonly certificate: Buffer;
    readonly privateKey: Buffer;
    /** Milliseconds since the Unix epoch. */
    readonly expiresAtMs: number;
  };
  /** A sentence about each thing that works but should not stay so. */
  readonly warnings: readonly string[];
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const READABLE_BY_OTHERS = 0o077;
const NEXT = 'write a new one to this path, it is taken up without a restart';

/**
 * Reads and checks them: PEM, valid at this time, the key of the certificate. What is wrong is a BadInputError with the
 * file's name and the next step; a key that other users may read is a warning.
 */
export async function readCertificates(paths: CertificatePaths, clock: Clock): Promise<Certificates> {
  const { ca, certificate, key } = paths;
  const now = clock.now();
  const authority = ca === undefined ? {} : { ca: await readAuthority(ca, now) };
  if (certificate === undefined || key === undefined) return { ...authority, warnings: [] };
  const text = await readText(certificate);
  const leaf = certificatesIn(text, certificate)[0];
  requireValidNow(leaf, certificate, now);
  const { privateKey, warnings } = await readKey(key);
  if (!leaf.checkPrivateKey(privateKey.parsed)) {
    const found = 'a private key that does not belong to the certificate';
    const allowed = `the key of ${certificate}; write both files of one issue`;
    throw new BadInputError({ source: key, found, allowed });
  }
  const expiresAtMs = Date.parse(leaf.validTo);
  const identity = { certificate: Buffer.from(text), privateKey: privateKey.bytes, expiresAtMs };
  const expiry = expiryWarning(certificate, expiresAtMs, now);
  return { ...authority, identity, warnings: expiry === undefined ? warnings : [...warnings, expiry] };
}

const SOON_DAYS = 14;
const DAY_MS = 86_400_000;

/** One sentence on a certificate that has less than two weeks left; undefined where it has longer. */
export function expiryWarning(path: string, expiresAtMs: number, now: number): string | undefined {
  const days = Math.floor((expiresAtMs - now) / DAY_MS);
  if (days >= SOON_DAYS) return undefined;
  const date = new Date(expiresAtMs).toISOString().slice(0, 10);
  return `${path} is a certificate that expires on ${date}, in ${days} days; next: ${NEXT}`;
}

async function readAuthority(path: string, now: number): Promise<Buffer> {
  const text = await readText(path);
  const authorities = certificatesIn(text, path);
  // Of a bundle in rotation the older may have ended; what counts is that one is left to believe.
  if (!authorities.some((one) => isValid(one, now))) requireValidNow(authorities[0], path, now);
  return Buffer.from(text);
}

type AtLeastOne = readonly [X509Certificate, ...X509Certificate[]];

function certificatesIn(text: string, source: string): AtLeastOne {
  try {
    const [first, ...rest] = (text.match(PEM_CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem));
    if (first !== undefined) return [first, ...rest];
  } catch (thrown) {
    throw new BadInputError(
      { source, found: 'a certificate that cannot be read', allowed: 'PEM certificates' },
      thrown,
    );
  }
  const allowed = 'PEM certificates, each from -----BEGIN CERTIFICATE----- to its end';
  throw new BadInputError({ source, found: 'no certificate', allowed });
}

async function readKey(path: string): Promise<{
  readonly privateKey: { readonly parsed: KeyObject; readonly bytes: Buffer };
  readonly warnings: readonly string[];
}> {
  const text = await readText(path);
  const { mode } = await stat(path);
  const bits = (mode & 0o777).toString(8);
  const warnings =
    (mode & READABLE_BY_OTHERS) === 0
      ? []
      : [`${path} is a private key that other users may read (mode ${bits}); next: chmod 600 ${path}`];
  try {
    return { privateKey: { parsed: createPrivateKey(text), bytes: Buffer.from(text) }, warnings };
  } catch (thrown) {
    throw new BadInputError(
      {
        source: path,
        found: 'no private key that can be read',
        allowed: 'a private key in PEM without a passphrase',
      },
      thrown,
    );
  }
}

function requireValidNow(certificate: X509Certificate, source: string, now: number): void {
  const { validFrom, validTo } = certificate;
  if (isValid(certificate, now)) return;
  const found =
    now < Date.parse(validFrom)
      ? `a certificate that is not valid before ${day(validFrom)}`
      : `a certificate that expired on ${day(validTo)}`;
  throw new BadInputError({ source, found, allowed: `one that is valid now; ${NEXT}` });
}

function isValid({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return Date.parse(validFrom) <= now && now <= Date.parse(validTo);
}

function day(date: string): string {
  return new Date(Date.parse(date)).toISOString().slice(0, 10);
}
