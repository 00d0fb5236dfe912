import { z } from 'zod';
import { ERROR_CODES } from '../errors.js';
import { ROLES } from './role.js';

/**
 * One line of an audit log: who asked what, and what came of it. Texts that are long (a run file) stand there as their
 * sha256.
 */
export const auditEntrySchema = z.strictObject({
  /** ISO 8601, when it was over. */
  at: z.iso.datetime(),
  /** Absent where nobody known was shown. */
  name: z.string().exactOptional(),
  role: z.enum(ROLES).exactOptional(),
  /** host:port of the caller, or `local` for a command that wrote to the ledger file itself. */
  peer: z.string(),
  /** `majlis.v1.CoordinatorService/SwapRubric`. */
  method: z.string(),
  run: z.string().exactOptional(),
  /** What was asked beside the run, as it was asked. */
  arguments: z.record(z.string(), z.unknown()).default({}),
  /** What the ledger has of it: its sequence there, and the event with hashes in place of names. */
  control: z
    .strictObject({ sequence: z.int().min(1), event: z.record(z.string(), z.unknown()) })
    .exactOptional(),
  /** `ok`, or the code of the refusal. */
  outcome: z.enum(['ok', ...ERROR_CODES]),
  /** The refusal's sentence. */
  message: z.string().exactOptional(),
  /** Refused calls since the last one that has a line, where there were too many to give each its own. */
  skipped: z.int().min(1).exactOptional(),
});

export type AuditEntry = z.infer<typeof auditEntrySchema>;

/** The same before it is written. */
export type NewAuditEntry = Omit<AuditEntry, 'at' | 'skipped' | 'arguments'> & {
  readonly arguments?: AuditEntry['arguments'];
};
