import type { z } from 'zod';
import { BadInputError } from '../errors.js';
import { parseInput, quote } from './parse-input.js';
import type { InputPlace } from './parse-input.js';
import { readText } from './read-text.js';

/** Reads one JSON file against a schema. */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return parseInput(schema, parseJson(await readText(path), { source: path }), { source: path });
}

/** JSON text to a value, or a BadInputError that quotes what stood there. */
export function parseJson(text: string, where: InputPlace): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new BadInputError({ ...where, found: quote(text), allowed: 'JSON' }, thrown);
  }
}
