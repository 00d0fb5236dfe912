import { existsSync } from 'node:fs';
import { parseJson } from '../config/parse-json.js';
import { readText } from '../config/read-text.js';
import { BadInputError } from '../errors.js';
import type { AuditEntry } from './audit-entry.js';
import { auditEntrySchema } from './audit-entry.js';

/** What an audit log holds. */
export interface ReadAudit {
  /** Oldest first. */
  readonly entries: readonly AuditEntry[];
  /** Numbers, from 1, of lines that are none: half a line of a process that died, or one that somebody changed. */
  readonly damaged: readonly number[];
}

/** Reads an audit log; none is an empty one. */
export async function readAudit(path: string): Promise<ReadAudit> {
  const entries: AuditEntry[] = [];
  const damaged: number[] = [];
  const text = existsSync(path) ? await readText(path, { maxBytes: Number.MAX_SAFE_INTEGER }) : '';
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    try {
      entries.push(parseJson(line, auditEntrySchema, { source: path, place: `line ${index + 1}` }));
    } catch (thrown) {
      if (!(thrown instanceof BadInputError)) throw thrown;
      damaged.push(index + 1);
    }
  }
  return { entries, damaged };
}
