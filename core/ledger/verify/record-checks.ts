import { z } from 'zod';
import type { MajlisError } from '../../errors.js';
import type { ExclusiveDatabase } from '../../database/exclusive-database.js';
import type { DatabaseCall } from '../../database/database-messages.js';
import type { LedgerOperations } from '../ledger-operations.js';
import { callPerformer } from '../perform-calls.js';
import { INVARIANTS } from './invariants.js';
import type { LedgerCheck } from './ledger-check.js';

const PER_RUN = [
  'iterations',
  'policyVersions',
  'checkpoints',
  'controlEvents',
  'preferences',
  'tasks',
] as const;
const SHOWN = 3;

/** Where a record lacks what the sentence is made of, SQL makes it NULL. */
const problemRow = z.object({
  problem: z
    .string()
    .nullable()
    .transform((problem) => problem ?? 'a record lacks what it needs'),
});
const integrityRow = z.object({ integrity_check: z.string() });
const referenceRow = z.object({ table: z.string(), parent: z.string() });

/** Looks at the database itself, and at all that its records promise about each other. */
export function recordChecks(database: ExclusiveDatabase): LedgerCheck[] {
  const integrity = database.select(integrityRow, 'PRAGMA integrity_check');
  const references = database.select(referenceRow, 'PRAGMA foreign_key_check');
  return [
    check(
      'database',
      'every page and index is whole',
      integrity.flatMap((row) => (row.integrity_check === 'ok' ? [] : [row.integrity_check])),
    ),
    check(
      'references',
      'every reference between tables has its target',
      references.map(({ table, parent }) => `a row of ${table} refers to none in ${parent}`),
    ),
    check('records', 'every record can be read', unreadable(database)),
    ...INVARIANTS.map(({ name, promise, violations }) =>
      check(
        name,
        promise,
        database.select(problemRow, violations).map(({ problem }) => problem),
      ),
    ),
  ];
}

/** A check that failed where there are problems; the first few are told. */
export function check(name: string, promise: string, problems: readonly string[]): LedgerCheck {
  if (problems.length === 0) return { name, status: 'ok', found: promise };
  const more = problems.length > SHOWN ? `; and ${problems.length - SHOWN} more` : '';
  return { name, status: 'failed', found: `${problems.slice(0, SHOWN).join('; ')}${more}` };
}

/** Reads every record as the ledger itself would. */
function unreadable(database: ExclusiveDatabase): string[] {
  const perform = callPerformer(database);
  const read = (operation: keyof LedgerOperations, ...values: readonly unknown[]): DatabaseCall => ({
    operation,
    values,
    atMs: 0,
  });
  const ids = database.select(z.object({ id: z.string() }), 'SELECT id FROM runs ORDER BY id');
  const calls = ids.flatMap(({ id }) => [
    ...PER_RUN.map((operation) => read(operation, id)),
    read('events', id, 0, -1),
  ]);
  // One commit for each, so that what one reads can be forgotten before the next.
  return [read('listRuns'), ...calls].flatMap((call) =>
    perform([call]).outcomes.flatMap((outcome) => ('error' in outcome ? [told(outcome.error)] : [])),
  );
}

function told(error: MajlisError): string {
  return error.message;
}
