import type { z } from 'zod';
import { BadInputError } from '../errors.js';
import { parseJson } from './parse-json.js';
import { readText } from './read-text.js';
import { refuseRepetition } from './refuse-repetition.js';

/** Longest line that is parsed, in UTF-16 units. */
const LONGEST_LINE = 1024 * 1024;

export interface JsonLinesOptions<T> {
  /** What has to be unique among the lines; a repetition is refused with both line numbers. */
  readonly uniqueBy?: (row: T) => string | number;
}

/** Reads a file of one JSON value a line; blank lines are skipped. A bad line is named by its number, from 1. */
export async function readJsonLines<T>(
  path: string,
  schema: z.ZodType<T>,
  options: JsonLinesOptions<T> = {},
): Promise<T[]> {
  const rows: T[] = [];
  const { uniqueBy } = options;
  const requireNew = uniqueBy && refuseRepetition(path, uniqueBy);
  for (const [index, line] of (await readText(path)).split('\n').entries()) {
    if (line.trim() === '') continue;
    const place = `line ${index + 1}`;
    const row = parseLine(line, schema, { source: path, place });
    requireNew?.({ row, place });
    rows.push(row);
  }
  return rows;
}

function parseLine<T>(line: string, schema: z.ZodType<T>, where: { source: string; place: string }): T {
  if (line.length > LONGEST_LINE) {
    throw new BadInputError({
      ...where,
      found: `a line of ${line.length} characters`,
      allowed: `at most ${LONGEST_LINE}`,
    });
  }
  return parseJson(line, schema, where);
}
