import type { z } from 'zod';
import { BadInputError } from '../errors.js';
import { parseInput, quote } from './parse-input.js';
import type { InputPlace } from './parse-input.js';

/** JSON text from outside, parsed and checked; a bad one is a BadInputError that says where it stood. */
export function parseJson<T>(text: string, schema: z.ZodType<T>, where: InputPlace): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw new BadInputError({ ...where, found: quote(text), allowed: 'JSON' }, thrown);
  }
  return parseInput(schema, value, where);
}
