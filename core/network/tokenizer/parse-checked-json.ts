import type { z } from 'zod';

import { BadInputError } from '../../errors.js';

const SHOWN_CHARACTERS = 60;

function shorten(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let inner = value;
  for (const key of path) {
    if (inner === null || typeof inner !== 'object') return undefined;
    inner = Reflect.get(inner, key);
  }
  return inner;
}

/** Parses JSON text from outside by a schema; `source` names the file in the BadInputError that a bad one raises. */
export function parseCheckedJson<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  source: string,
): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw new BadInputError(
      { source, found: `no JSON (${shorten(text)})`, allowed: 'a JSON document' },
      thrown,
    );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const found = valueAt(value, issue.path);
  throw new BadInputError(
    {
      source,
      place: issue.path.map(String).join('.') || 'top level',
      found: found === undefined ? 'nothing' : shorten(JSON.stringify(found)),
      allowed: issue.message,
    },
    parsed.error,
  );
}
