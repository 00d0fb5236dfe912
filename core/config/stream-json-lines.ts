import { createReadStream } from 'node:fs';
import type { z } from 'zod';
import { BadInputError } from '../errors.js';
import type { DataRow } from './data-row.js';
import { parseJson } from './parse-json.js';

/** Longest line that is parsed, in UTF-16 units. */
const LONGEST_LINE = 1024 * 1024;

/**
 * Reads a file of one JSON value a line as it is asked for, however long the file is; blank lines are skipped. What is no
 * such file, no UTF-8, or a bad line is a BadInputError that names the line.
 */
export async function* streamJsonLines<T>(path: string, schema: z.ZodType<T>): AsyncGenerator<DataRow<T>> {
  let line = 0;
  for await (const text of linesOf(path)) {
    line += 1;
    if (text.trim() === '') continue;
    const place = `line ${line}`;
    yield { row: parseJson(text, schema, { source: path, place }), number: line, place };
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let line = 1;
  const decode = (bytes: Uint8Array | undefined): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (thrown) {
      const place = `line ${line} or a little after`;
      throw new BadInputError(
        { source: path, place, found: 'bytes that are not UTF-8', allowed: 'UTF-8 text' },
        thrown,
      );
    }
  };
  for await (const bytes of bytesOf(path)) {
    const lines = (rest + decode(bytes)).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      refuseLong(text, path, line);
      line += 1;
      yield text;
    }
    refuseLong(rest, path, line);
  }
  yield rest + decode(undefined);
}

function refuseLong(text: string, source: string, line: number): void {
  if (text.length <= LONGEST_LINE) return;
  const found = `a line of more than ${LONGEST_LINE} characters`;
  throw new BadInputError({ source, place: `line ${line}`, found, allowed: `at most ${LONGEST_LINE}` });
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of createReadStream(path)) yield bytes as Uint8Array;
  } catch (thrown) {
    const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : '';
    if (code === '') throw thrown;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    const found = isMissing ? 'no such file' : `a file that cannot be read (${code})`;
    throw new BadInputError({ source: path, found, allowed: 'a readable file' }, thrown);
  }
}
