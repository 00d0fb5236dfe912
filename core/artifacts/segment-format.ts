import { crc32 } from 'node:zlib';

/**
 * A segment file: 8 magic bytes, then records one after another. A record is a header of 40 bytes and its payload:
 *
 *   0   uint32 LE  payload length in bytes
 *   4   uint32 LE  CRC-32 of the other 36 header bytes
 *   8   32 bytes   sha256 of the payload
 *
 * The CRC lets a reader trust a length before it follows it; without it one flipped bit in a length would look like
 * a file that was cut short.
 */
export const SEGMENT_MAGIC: Uint8Array = Buffer.from('MAJLSEG1', 'latin1');
export const RECORD_HEADER_BYTES = 40;

const LENGTH_AT = 0;
const CHECK_AT = 4;
const HASH_AT = 8;

export interface RecordHeader {
  /** Payload length in bytes. */
  readonly length: number;
  /** Of the payload, hex. */
  readonly sha256: string;
}

/** Header and payload, ready to be appended. `sha256` is the payload's, hex. */
export function encodeRecord(sha256: string, payload: Uint8Array): Buffer {
  const record = Buffer.allocUnsafe(RECORD_HEADER_BYTES + payload.length);
  record.writeUInt32LE(payload.length, LENGTH_AT);
  record.write(sha256, HASH_AT, 'hex');
  record.writeUInt32LE(headerCheck(record), CHECK_AT);
  record.set(payload, RECORD_HEADER_BYTES);
  return record;
}

/** The header at the start of these at least 40 bytes, or undefined where they are not one. */
export function decodeHeader(bytes: Buffer): RecordHeader | undefined {
  if (bytes.readUInt32LE(CHECK_AT) !== headerCheck(bytes)) return undefined;
  return {
    length: bytes.readUInt32LE(LENGTH_AT),
    sha256: bytes.subarray(HASH_AT, RECORD_HEADER_BYTES).toString('hex'),
  };
}

function headerCheck(bytes: Buffer): number {
  return crc32(bytes.subarray(HASH_AT, RECORD_HEADER_BYTES), crc32(bytes.subarray(LENGTH_AT, CHECK_AT)));
}
