import type { MajlisError } from '../errors.js';
import { commitTogether } from './commit-together.js';
import { controlOperations } from './control-operations.js';
import { eventOperations } from './event-operations.js';
import { EventLog } from './event-log.js';
import { journalOperations } from './journal-operations.js';
import type { LedgerDatabase } from './ledger-database.js';
import type { LedgerCall } from './ledger-messages.js';
import type { LedgerOperations } from './ledger-operations.js';
import { policyOperations } from './policy-operations.js';
import { preferenceOperations } from './preference-operations.js';
import { runOperations } from './run-operations.js';
import { taskOperations } from './task-operations.js';

/** How the calls of one commit ended, in their order, and the runs to which the commit added events. */
export interface Committed {
  readonly outcomes: readonly ({ readonly value: unknown } | { readonly error: MajlisError })[];
  readonly runs: readonly string[];
}

/** Performs calls on a database whose schema is up to date. */
export function callPerformer(database: LedgerDatabase): (calls: readonly LedgerCall[]) => Committed {
  const log = new EventLog(database);
  const operations: LedgerOperations = {
    ...runOperations(database, log),
    ...controlOperations(database, log),
    ...taskOperations(database),
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
      runs: [...new Set(runs)],
    };
  };
}

function perform(operations: LedgerOperations, { operation, values }: LedgerCall): unknown {
  // The ledger's own types tie the values to the operation; that tie does not survive a message port.
  const performed = operations[operation] as (...values: readonly unknown[]) => unknown;
  return performed(...values);
}
