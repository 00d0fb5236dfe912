import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { BadInputError } from '../../errors.js';

/**
 * Keys of NATS users: Ed25519, written as base32 (RFC 4648, no padding) of one or two prefix bytes, 32 bytes of key, and
 * their CRC-16 (XMODEM), low byte first. Source: github.com/nats-io/nkeys, strkey.go. The server is told the public
 * key and never sees the seed.
 */
export interface UserKey {
  /** `SU…`: who has it is the user. */
  readonly seed: string;
  /** `U…`: what a server's configuration names. */
  readonly publicKey: string;
}

const SEED_PREFIX = 18 << 3;
const USER_PREFIX = 20 << 3;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const KEY_BYTES = 32;
/** Of an Ed25519 private key in PKCS 8, before its 32 bytes (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A new user's key. */
export function newUserKey(): UserKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  return userKeyOf(Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url'));
}

/** The user of a seed; anything else is a BadInputError of that source. */
export function readUserKey(seed: string, source: string): UserKey {
  const bytes = decodeBase32(seed.trim());
  const prefix = bytes?.subarray(0, 2);
  const key = bytes?.subarray(2, 2 + KEY_BYTES);
  if (bytes?.length === KEY_BYTES + 4 && prefix?.equals(seedPrefix()) === true && key !== undefined) {
    const made = userKeyOf(key);
    if (made.seed === seed.trim()) return made;
  }
  const allowed = 'the seed of a NATS user: 58 capital letters and digits that begin with SU';
  throw new BadInputError({ source, found: 'no such seed', allowed });
}

/** Of the 32 bytes of its private key. */
function userKeyOf(raw: Uint8Array): UserKey {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, raw]),
    format: 'der',
    type: 'pkcs8',
  });
  const { x = '' } = privateKey.export({ format: 'jwk' });
  return {
    seed: checked(Buffer.concat([seedPrefix(), raw])),
    publicKey: checked(Buffer.concat([Buffer.from([USER_PREFIX]), Buffer.from(x, 'base64url')])),
  };
}

/** A seed's first byte holds the top bits of the kind of key, the second the rest. */
function seedPrefix(): Buffer {
  return Buffer.from([SEED_PREFIX | (USER_PREFIX >> 5), (USER_PREFIX & 31) << 3]);
}

function checked(bytes: Buffer): string {
  const crc = crc16(bytes);
  return encodeBase32(Buffer.concat([bytes, Buffer.from([crc & 0xff, crc >> 8])]));
}

function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}

function encodeBase32(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET.charAt((held << (5 - bits)) & 31);
}

function decodeBase32(text: string): Buffer | undefined {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const letter of text) {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) return undefined;
    held = (held << 5) | value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
    held &= (1 << bits) - 1;
  }
  return Buffer.from(bytes);
}
