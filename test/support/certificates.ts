import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * X.509 certificates made at test time (RFC 5280, DER by hand, ECDSA on P-256): any dates, any names, no binary that a
 * machine may lack.
 */
export interface Authority {
  readonly pem: string;
  readonly name: string;
  readonly key: KeyObject;
}

export interface LeafOptions {
  readonly commonName: string;
  /** `DNS:…`, `IP:…` (version 4) or `URI:…`. */
  readonly names?: readonly string[];
  readonly from?: Date;
  readonly to?: Date;
}

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = sequence(objectId(1, 2, 840, 10045, 4, 3, 2));

/** A self-signed CA. */
export function makeAuthority(name: string): Authority {
  const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const basicConstraints = extension([2, 5, 29, 19], sequence(tagged(0x01, Buffer.from([0xff]))));
  const pem = signed({ issuer: { name, key }, subject: name, publicKey, extensions: [basicConstraints] });
  return { pem, name, key };
}

/** A certificate of that CA and its key, PEM both. */
export function makeLeaf(
  authority: Authority,
  { commonName, names = [], from, to }: LeafOptions,
): { readonly certificate: string; readonly key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const extensions =
    names.length === 0 ? [] : [extension([2, 5, 29, 17], sequence(...names.map(generalName)))];
  const certificate = signed({ issuer: authority, subject: commonName, publicKey, extensions, from, to });
  return { certificate, key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() };
}

/** The same as files `<name>.crt` and `<name>.key` of a folder, the key for its owner alone. */
export function writeLeaf(
  folder: string,
  name: string,
  leaf: { readonly certificate: string; readonly key: string },
): { readonly certificate: string; readonly key: string } {
  const paths = { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  writeFileSync(paths.certificate, leaf.certificate);
  writeFileSync(paths.key, leaf.key, { mode: 0o600 });
  return paths;
}

interface ToSign {
  readonly issuer: { readonly name: string; readonly key: KeyObject };
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

function signed({ issuer, subject, publicKey, extensions, from, to }: ToSign): string {
  const now = Date.now();
  const content = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer.name),
    sequence(time(from ?? new Date(now - DAY_MS)), time(to ?? new Date(now + 60 * DAY_MS))),
    distinguishedName(subject),
    publicKey.export({ format: 'der', type: 'spki' }),
    ...(extensions.length === 0 ? [] : [tagged(0xa3, sequence(...extensions))]),
  );
  const signature = sign('sha256', content, issuer.key);
  const whole = sequence(content, ECDSA_WITH_SHA256, bits(signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function distinguishedName(commonName: string): Buffer {
  const attribute = sequence(objectId(2, 5, 4, 3), tagged(0x0c, Buffer.from(commonName)));
  return sequence(tagged(0x31, attribute));
}

function generalName(name: string): Buffer {
  const [kind = '', ...rest] = name.split(':');
  const value = rest.join(':');
  if (kind === 'IP') return tagged(0x87, Buffer.from(value.split('.').map(Number)));
  return tagged(kind === 'DNS' ? 0x82 : 0x86, Buffer.from(value));
}

function extension(id: readonly number[], value: Buffer): Buffer {
  return sequence(objectId(...id), tagged(0x01, Buffer.from([0xff])), tagged(0x04, value));
}

function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return tagged(0x17, Buffer.from(digits.slice(2)));
}

function bits(bytes: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([0]), bytes]));
}

function objectId(...[first = 0, second = 0, ...rest]: readonly number[]): Buffer {
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
