import type { z } from 'zod';
import { BadInputError } from '../errors.js';
import type { DataRow } from './data-row.js';
import { readJsonLines, type JsonLinesOptions } from './read-json-lines.js';
import { refuseRepetition } from './refuse-repetition.js';
import { streamJsonLines } from './stream-json-lines.js';
import { streamParquet } from './stream-parquet.js';

const PARQUET = /\.parquet$/i;

/** Whether a data file of this name is Parquet; any other is JSON lines. */
export function isParquet(path: string): boolean {
  return PARQUET.test(path);
}

/** Rows of a data file one by one, however long it is: its extension says whether it is Parquet or JSON lines. */
export function streamRows<T>(path: string, schema: z.ZodType<T>): AsyncGenerator<DataRow<T>> {
  return isParquet(path) ? streamParquet(path, schema) : streamJsonLines(path, schema);
}

/** All rows of a data file. One without rows, or with a row that repeats another's key, is bad input. */
export async function readRows<T>(
  path: string,
  schema: z.ZodType<T>,
  options: JsonLinesOptions<T> = {},
): Promise<T[]> {
  if (!isParquet(path)) return readJsonLines(path, schema, options);
  const rows: T[] = [];
  const { uniqueBy } = options;
  const requireNew = uniqueBy && refuseRepetition(path, uniqueBy);
  for await (const found of streamParquet(path, schema)) {
    requireNew?.(found);
    rows.push(found.row);
  }
  if (rows.length > 0) return rows;
  throw new BadInputError({ source: path, found: 'no rows', allowed: 'at least one row' });
}
