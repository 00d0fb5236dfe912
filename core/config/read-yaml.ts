import { parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { z } from 'zod';
import { BadInputError } from '../errors.js';
import { parseInput } from './parse-input.js';
import { readText } from './read-text.js';

const MOST_ALIASES = 50;

/** Reads one YAML file against a schema. Duplicate keys and broken YAML are refused with their line. */
export async function readYaml<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return parseYaml(await readText(path), schema, path);
}

/** Parses YAML text; `source` is what an error names. */
export function parseYaml<T>(text: string, schema: z.ZodType<T>, source: string): T {
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true });
  const error = document.errors.at(0);
  if (error !== undefined) {
    const line = error.linePos?.[0].line;
    const place = line === undefined ? {} : { place: `line ${line}` };
    const found = error.message.split(/ at line |\n/)[0];
    throw new BadInputError(
      { source, ...place, found: `"${found}"`, allowed: 'YAML with unique keys' },
      error,
    );
  }
  return parseInput(schema, expand(document, source), { source });
}

/** The document as plain values; a few lines of aliases must not unfold into gigabytes. */
function expand(document: Document.Parsed, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (thrown) {
    throw new BadInputError(
      { source, found: 'aliases that cannot be expanded', allowed: `at most ${MOST_ALIASES} aliases` },
      thrown,
    );
  }
}
