/**
 * Rows of a Parquet file. Invariants: one row group is in memory at a time, and none that would unfold to more than a bound; a null
 * is a value that is not there; what the file's bytes do not support is a BadInputError, and never a row.
 */
import { open, type FileHandle } from 'node:fs/promises';
import type { AsyncBuffer, Compressors, FileMetaData } from 'hyparquet' with { 'resolution-mode': 'import' };
import type { z } from 'zod';
import { BadInputError, MajlisError } from '../errors.js';
import type { DataRow } from './data-row.js';
import { parseInput } from './parse-input.js';

const GIBIBYTE = 1024 ** 3;
const MOST_ROWS_IN_GROUP = 10_000_000;

/**
 * Reads a Parquet file as it is asked for, one row group after the other, in any codec that the format names. Columns are named
 * as JSON keys would be; lists and structs are arrays and objects. A bad value is named by its row, from 1, and its column.
 */
export async function* streamParquet<T>(path: string, schema: z.ZodType<T>): AsyncGenerator<DataRow<T>> {
  const file = await openFile(path);
  try {
    const buffer = await bufferOf(file, path);
    const metadata = await metadataOf(buffer, path);
    let start = 0;
    for (const group of metadata.row_groups) {
      const end = start + rowsOf(group, { path, start });
      const values = await readGroup(buffer, { metadata, path, start, end });
      for (const [at, value] of values.entries()) {
        const number = start + at + 1;
        const place = `row ${number}`;
        yield { row: parseInput(schema, plainValue(value), { source: path, place }), number, place };
      }
      start = end;
    }
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (thrown) {
    const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : '';
    if (code === '') throw thrown;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    const found = isMissing ? 'no such file' : `a file that cannot be read (${code})`;
    throw new BadInputError({ source: path, found, allowed: 'a readable file' }, thrown);
  }
}

async function bufferOf(file: FileHandle, path: string): Promise<AsyncBuffer> {
  const stat = await file.stat();
  if (stat.isDirectory() || stat.size === 0) {
    const found = stat.isDirectory() ? 'a folder' : 'an empty file';
    throw new BadInputError({ source: path, found, allowed: 'a Parquet file' });
  }
  return {
    byteLength: stat.size,
    slice: async (start, end = stat.size) => {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, stat.size) - start));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
      if (bytesRead === bytes.length) return bytes.buffer;
      throw new Error(`${bytesRead} of ${bytes.length} bytes at ${start}`);
    },
  };
}

async function metadataOf(buffer: AsyncBuffer, path: string): Promise<FileMetaData> {
  const { parquetMetadataAsync } = await import('hyparquet');
  return readable({ source: path, place: 'its footer' }, () =>
    parquetMetadataAsync(buffer, { geoparquet: false }),
  );
}

function rowsOf(
  { num_rows: count, total_byte_size: bytes }: FileMetaData['row_groups'][number],
  { path, start }: { readonly path: string; readonly start: number },
): number {
  const rows = Number(count);
  const isSound = rows >= 0 && rows <= MOST_ROWS_IN_GROUP && Number(bytes) <= GIBIBYTE;
  if (isSound) return rows;
  throw new BadInputError({
    source: path,
    place: `the row group from row ${start + 1}`,
    found: `${count} rows in ${bytes} bytes`,
    allowed: `at most ${MOST_ROWS_IN_GROUP} rows in ${GIBIBYTE} bytes`,
  });
}

interface GroupRange {
  readonly metadata: FileMetaData;
  readonly path: string;
  readonly start: number;
  /** After the last. */
  readonly end: number;
}

async function readGroup(
  file: AsyncBuffer,
  { metadata, path, start, end }: GroupRange,
): Promise<Record<string, unknown>[]> {
  const { parquetReadObjects } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  const rows = await readable({ source: path, place: `rows ${start + 1} to ${end}` }, () =>
    parquetReadObjects({
      ...{ file, metadata, geoparquet: false, rowStart: start, rowEnd: end },
      compressors: bounded(compressors),
      parsers: { stringFromBytes: strictText },
    }),
  );
  if (rows.length === end - start) return rows;
  throw new BadInputError({
    source: path,
    place: `rows ${start + 1} to ${end}`,
    found: `${rows.length} rows`,
    allowed: `the ${end - start} that the footer says`,
  });
}

/** Codecs that unfold no page beyond the bound, and none of nothing: an empty LZ4 block is one byte, which its reader refuses. */
function bounded(compressors: Compressors): Compressors {
  return Object.fromEntries(
    Object.entries(compressors).map(([codec, unfold]) => [
      codec,
      (input: Uint8Array, length: number): Uint8Array => {
        if (length === 0) return new Uint8Array();
        if (length > GIBIBYTE) throw new Error(`a page of ${length} bytes`);
        return unfold(input, length);
      },
    ]),
  );
}

/** What a damaged file makes the reader throw is not always its own error. */
async function readable<Value>(
  where: { readonly source: string; readonly place: string },
  read: () => Promise<Value>,
): Promise<Value> {
  try {
    return await read();
  } catch (thrown) {
    const found = `bytes that are no Parquet (${MajlisError.from(thrown).message})`;
    throw new BadInputError({ ...where, found, allowed: 'a whole Parquet file' }, thrown);
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function strictText(bytes: Uint8Array | undefined): string | undefined {
  return bytes && decoder.decode(bytes);
}

/** Without nulls, and whole numbers as numbers where they are exact. */
function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== 'object' || value === null || value instanceof Date || ArrayBuffer.isView(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      inner === null || inner === undefined ? [] : [[key, plainValue(inner)]],
    ),
  );
}
