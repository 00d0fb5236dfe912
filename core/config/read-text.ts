import { readFile } from 'node:fs/promises';
import { BadInputError } from '../errors.js';

const MEBIBYTE = 1024 * 1024;
const NO_SUCH_FILE = new Set(['ENOENT', 'ENOTDIR']);

export interface ReadTextOptions {
  /** Longest file that is read, in bytes; 64 MiB by default. */
  readonly maxBytes?: number;
}

/**
 * The text of a file that a person handed in: UTF-8, not empty, not binary. A byte order mark is dropped.
 * Anything else is a BadInputError that names the file and, where there is one, the line.
 */
export async function readText(path: string, options: ReadTextOptions = {}): Promise<string> {
  const maxBytes = options.maxBytes ?? 64 * MEBIBYTE;
  const bytes = await readBytes(path);
  if (bytes.length > maxBytes) {
    throw new BadInputError({
      source: path,
      found: `${bytes.length} bytes`,
      allowed: `at most ${maxBytes} bytes`,
    });
  }
  const nul = bytes.indexOf(0);
  if (nul >= 0) {
    throw new BadInputError({
      source: path,
      place: `byte ${nul}`,
      found: 'a NUL byte, so the file is binary',
      allowed: 'UTF-8 text',
    });
  }
  const text = decode(path, bytes);
  if (text.trim() === '') {
    throw new BadInputError({ source: path, found: 'an empty file', allowed: 'UTF-8 text' });
  }
  return text;
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (thrown) {
    const code = errorCode(thrown);
    const found = NO_SUCH_FILE.has(code) ? 'no such file' : `a file that cannot be read (${code})`;
    throw new BadInputError({ source: path, found, allowed: 'a readable file' }, thrown);
  }
}

function errorCode(thrown: unknown): string {
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : String(thrown);
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (thrown) {
    throw new BadInputError(
      {
        source: path,
        place: `line ${firstInvalidLine(bytes)}`,
        found: 'bytes that are not UTF-8',
        allowed: 'UTF-8 text',
      },
      thrown,
    );
  }
}

/** The line, from 1, whose bytes do not decode. Lines are decoded alone: no UTF-8 sequence holds a line feed. */
function firstInvalidLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line += 1) {
    const feed = bytes.indexOf(10, start);
    const end = feed < 0 ? bytes.length : feed;
    const lenient = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start, end));
    if (Buffer.compare(Buffer.from(lenient, 'utf8'), bytes.subarray(start, end)) !== 0) return line;
    start = end + 1;
  }
  return line;
}
