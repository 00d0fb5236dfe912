import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { MajlisError } from '../errors.js';
import { sha256 as hashOf } from '../runtime/content-hash.js';
import { damagedArtifact } from './artifact-refusals.js';
import { decodeHeader, RECORD_HEADER_BYTES, SEGMENT_MAGIC } from './segment-format.js';
import { storageError } from '../runtime/storage-error.js';

export interface SegmentRecord {
  readonly sha256: string;
  /** Where the record's header starts, in bytes. */
  readonly offset: number;
  /** Payload bytes. */
  readonly length: number;
}

export interface SegmentScan {
  /** In the order of appending. Payloads are checked when they are read, not here. */
  readonly records: readonly SegmentRecord[];
  /**
   * What follows the last good record: `truncated` is a record that the file ends in the middle of, as a crash leaves
   * it; `damaged` is something that no append wrote, behind which good records may be out of reach.
   */
  readonly tail?: { readonly kind: 'truncated' | 'damaged'; readonly offset: number };
}

/** One read covers the headers of many small records. */
const WINDOW_BYTES = 256 * 1024;

/** Lists a segment's records without checking their payloads. */
export async function scanSegment(path: string): Promise<SegmentScan> {
  return withFile(path, async (file) => {
    const { size } = await file.stat();
    const magic = await readBytes(file, 0, Math.min(size, SEGMENT_MAGIC.length));
    if (!magic.equals(SEGMENT_MAGIC.subarray(0, magic.length))) {
      return { records: [], tail: { kind: 'damaged', offset: 0 } };
    }
    if (size < SEGMENT_MAGIC.length) return { records: [], tail: { kind: 'truncated', offset: 0 } };
    return scanRecords(file, size);
  });
}

/** Reads one payload; one that no longer has its hash is `data_loss`. */
export async function readPayload(path: string, record: SegmentRecord): Promise<Uint8Array> {
  return withFile(path, (file) => readWhole(file, path, record));
}

/** Reads many payloads of one segment to see which no longer have their hash; their refusals, by hash. */
export async function findDamagedPayloads(
  path: string,
  records: readonly SegmentRecord[],
): Promise<ReadonlyMap<string, MajlisError>> {
  return withFile(path, async (file) => {
    const damaged = new Map<string, MajlisError>();
    for (const record of records) {
      try {
        await readWhole(file, path, record);
      } catch (thrown) {
        const error = MajlisError.from(thrown);
        if (error.code !== 'data_loss') throw thrown;
        damaged.set(record.sha256, error);
      }
    }
    return damaged;
  });
}

async function readWhole(file: FileHandle, path: string, record: SegmentRecord): Promise<Uint8Array> {
  const payload = await readBytes(file, record.offset + RECORD_HEADER_BYTES, record.length);
  if (hashOf(payload) === record.sha256) return payload;
  throw damagedArtifact(record.sha256, `${path} at byte ${record.offset}`);
}

async function scanRecords(file: FileHandle, size: number): Promise<SegmentScan> {
  const records: SegmentRecord[] = [];
  let window: { start: number; bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };
  let offset = SEGMENT_MAGIC.length;
  while (offset < size) {
    if (size - offset < RECORD_HEADER_BYTES) return { records, tail: { kind: 'truncated', offset } };
    if (offset + RECORD_HEADER_BYTES > window.start + window.bytes.length) {
      window = { start: offset, bytes: await readBytes(file, offset, Math.min(WINDOW_BYTES, size - offset)) };
    }
    const header = decodeHeader(window.bytes.subarray(offset - window.start));
    if (header === undefined) return { records, tail: { kind: 'damaged', offset } };
    const end = offset + RECORD_HEADER_BYTES + header.length;
    if (end > size) return { records, tail: { kind: 'truncated', offset } };
    records.push({ sha256: header.sha256, offset, length: header.length });
    offset = end;
  }
  return { records };
}

/** So many bytes, or fewer where the file ends. */
async function readBytes(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const step = await file.read(bytes, read, length - read, offset + read);
    if (step.bytesRead === 0) break;
    read += step.bytesRead;
  }
  return bytes.subarray(0, read);
}

async function withFile<Result>(path: string, use: (file: FileHandle) => Promise<Result>): Promise<Result> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    return await use(file);
  } catch (thrown) {
    throw storageError(path, thrown);
  } finally {
    await file?.close();
  }
}
