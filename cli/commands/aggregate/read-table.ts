import { z } from 'zod';
import { parseJson } from '../../../core/config/parse-json.js';
import { readCsv } from '../../../core/config/read-csv.js';
import { readText } from '../../../core/config/read-text.js';
import { BadInputError } from '../../../core/errors.js';

/** A row as it stood, and where. */
export interface TableRow {
  /** From 1. */
  readonly line: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Half a gigabyte of votes. */
const MAX_BYTES = 512 * 1024 * 1024;
const rowSchema = z.record(z.string(), z.unknown());

/** The rows of a `.csv` file with a header, or of a `.jsonl` file. Empty cells of a CSV are left out. */
export async function readTable(path: string): Promise<TableRow[]> {
  if (/\.csv$/i.test(path)) {
    const rows = await readCsv(path, { maxBytes: MAX_BYTES });
    return rows.map(({ line, cells }) => ({
      line,
      value: Object.fromEntries(Object.entries(cells).filter(([, cell]) => cell !== '')),
    }));
  }
  if (!/\.(jsonl|ndjson)$/i.test(path)) {
    throw new BadInputError({
      source: path,
      found: 'another kind of file',
      allowed: 'a .csv or a .jsonl file',
    });
  }
  const lines = (await readText(path, { maxBytes: MAX_BYTES })).split('\n');
  return lines.flatMap((text, at) =>
    text.trim() === ''
      ? []
      : [{ line: at + 1, value: parseJson(text, rowSchema, { source: path, place: `line ${at + 1}` }) }],
  );
}
