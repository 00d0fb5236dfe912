import { crc32c } from './crc32c.js';

/** A record is: length u64, masked CRC of those 8 bytes u32, payload, masked CRC of the payload u32; little endian. */
const LENGTH_BYTES = 8;
const CRC_BYTES = 4;
const HEADER_BYTES = LENGTH_BYTES + CRC_BYTES;

const MASK_ROTATION = 15;
const MASK_DELTA = 0xa282ead8;

/** A payload framed as TFRecord (tensorflow/core/lib/io/record_writer.h). */
export function frameRecord(payload: Uint8Array): Buffer {
  const record = Buffer.alloc(HEADER_BYTES + payload.length + CRC_BYTES);
  record.writeBigUInt64LE(BigInt(payload.length), 0);
  record.writeUInt32LE(maskedCrc(record.subarray(0, LENGTH_BYTES)), LENGTH_BYTES);
  record.set(payload, HEADER_BYTES);
  record.writeUInt32LE(maskedCrc(payload), HEADER_BYTES + payload.length);
  return record;
}

/** The payloads of a TFRecord file, as far as they are whole: a torn or damaged record ends them. */
export function* readRecords(file: Buffer): Generator<Buffer> {
  let at = 0;
  while (at + HEADER_BYTES <= file.length) {
    const length = file.subarray(at, at + LENGTH_BYTES);
    if (file.readUInt32LE(at + LENGTH_BYTES) !== maskedCrc(length)) return;
    const start = at + HEADER_BYTES;
    const end = start + Number(length.readBigUInt64LE());
    if (end + CRC_BYTES > file.length) return;
    const payload = file.subarray(start, end);
    if (file.readUInt32LE(end) !== maskedCrc(payload)) return;
    yield payload;
    at = end + CRC_BYTES;
  }
}

/** Rotated and shifted, since a CRC over bytes that hold their own CRC says little. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> MASK_ROTATION) | (crc << (32 - MASK_ROTATION))) + MASK_DELTA) >>> 0;
}
