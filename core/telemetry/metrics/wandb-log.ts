import { crc32 } from 'node:zlib';

/**
 * The framing of a `.wandb` file: LevelDB's log format (github.com/google/leveldb, doc/log_format.md) with two
 * differences, both from wandb's core/pkg/leveldb: seven bytes of its own stand first, and the checksum is the plain
 * CRC-32 of the chunk's type and data. Blocks of 32 KiB count from the start of the file. A record is one `full` chunk,
 * or a `first`, any number of `middle` and a `last` one that fill their blocks.
 */
const BLOCK_BYTES = 32_768;
/** CRC u32, length u16, type u8; little endian. What is left of a block is zeros where a header does not fit. */
const HEADER_BYTES = 7;
const LENGTH_AT = 4;
const TYPE_AT = 6;
const CHUNK = { full: 1, first: 2, middle: 3, last: 4 } as const;

/** `:W&B`, the magic number 0xBEE1, version 0. */
export const WANDB_LOG_HEADER: Buffer = Buffer.from([0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0x00]);

export interface WandbLogRecord {
  readonly payload: Buffer;
  /** Offset of the first byte after the record. */
  readonly end: number;
}

/** The bytes of a record that is written at this offset of the file, padding before it included. */
export function frameWandbRecord(payload: Uint8Array, offset: number): Buffer {
  const padding = paddingAt(offset);
  const parts: Buffer[] = [Buffer.alloc(padding)];
  let room = BLOCK_BYTES - ((offset + padding) % BLOCK_BYTES) - HEADER_BYTES;
  let rest = payload;
  do {
    const data = rest.subarray(0, room);
    rest = rest.subarray(room);
    parts.push(chunkOf(data, chunkType(parts.length === 1, rest.length === 0)));
    room = BLOCK_BYTES - HEADER_BYTES;
  } while (rest.length > 0);
  return Buffer.concat(parts);
}

/** The records of a file that begins with the header, as far as they are whole: a torn or damaged one ends them. */
export function* readWandbLog(file: Buffer): Generator<WandbLogRecord> {
  let at = WANDB_LOG_HEADER.length;
  let parts: Buffer[] = [];
  for (;;) {
    at += paddingAt(at);
    const chunk = chunkAt(file, at);
    if (chunk === undefined) return;
    const begins = chunk.type === CHUNK.full || chunk.type === CHUNK.first;
    if (begins !== (parts.length === 0)) return;
    parts.push(chunk.data);
    at += HEADER_BYTES + chunk.data.length;
    if (chunk.type === CHUNK.first || chunk.type === CHUNK.middle) continue;
    yield { payload: Buffer.concat(parts), end: at };
    parts = [];
  }
}

function paddingAt(offset: number): number {
  const left = BLOCK_BYTES - (offset % BLOCK_BYTES);
  return left < HEADER_BYTES ? left : 0;
}

function chunkType(isFirst: boolean, isLast: boolean): number {
  if (isFirst) return isLast ? CHUNK.full : CHUNK.first;
  return isLast ? CHUNK.last : CHUNK.middle;
}

function chunkOf(data: Uint8Array, type: number): Buffer {
  const chunk = Buffer.alloc(HEADER_BYTES + data.length);
  chunk.writeUInt16LE(data.length, LENGTH_AT);
  chunk.writeUInt8(type, TYPE_AT);
  chunk.set(data, HEADER_BYTES);
  chunk.writeUInt32LE(crc32(chunk.subarray(TYPE_AT)), 0);
  return chunk;
}

function chunkAt(file: Buffer, at: number): { readonly type: number; readonly data: Buffer } | undefined {
  const start = at + HEADER_BYTES;
  if (start > file.length) return undefined;
  const end = start + file.readUInt16LE(at + LENGTH_AT);
  if (end > file.length) return undefined;
  if (file.readUInt32LE(at) !== crc32(file.subarray(at + TYPE_AT, end))) return undefined;
  const type = file.readUInt8(at + TYPE_AT);
  return type < CHUNK.full || type > CHUNK.last ? undefined : { type, data: file.subarray(start, end) };
}
