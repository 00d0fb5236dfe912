import { commitTogether } from '../database/commit-together.js';
import type { CallPerformer } from '../database/database-calls.js';
import type { DatabaseCall } from '../database/database-messages.js';
import { controlOperations } from './control-operations.js';
import { eventOperations } from './event-operations.js';
import { EventLog } from './event-log.js';
import { journalOperations } from './journal-operations.js';
import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import type { LedgerOperations } from './ledger-operations.js';
import { policyOperations } from './policy-operations.js';
import { preferenceOperations } from './preference-operations.js';
import { runOperations } from './run-operations.js';
import { taskOperations } from './task-operations.js';
import { taskQueries } from './task-queries.js';

/** Performs calls on a database whose schema is up to date; a commit tells of the runs to which it added events. */
export function callPerformer(database: ExclusiveDatabase): CallPerformer {
  const log = new EventLog(database);
  const operations: LedgerOperations = {
    ...runOperations(database, log),
    ...controlOperations(database, log),
    ...taskOperations(database),
    ...taskQueries(database),
    ...preferenceOperations(database),
    ...policyOperations(database),
    ...journalOperations(database, log),
    ...eventOperations(database, log),
  };
  return (calls) => {
    const work = calls.map((call) => () => log.during(call.atMs, () => perform(operations, call)));
    const outcomes = commitTogether(database, work);
    const runs = outcomes.flatMap((outcome) => ('value' in outcome ? outcome.value.runs : []));
    return {
      outcomes: outcomes.map((outcome) => ('value' in outcome ? { value: outcome.value.value } : outcome)),
      notices: [...new Set(runs)],
    };
  };
}

function perform(operations: LedgerOperations, { operation, values }: DatabaseCall): unknown {
  // The ledger's own types tie the values to the operation; that tie does not survive a message port.
  const performed = operations[operation as keyof LedgerOperations] as (
    ...values: readonly unknown[]
  ) => unknown;
  return performed(...values);
}
