import { commitTogether } from '../database/commit-together.js';
import type { CallPerformer } from '../database/database-calls.js';
import type { DatabaseCall } from '../database/database-messages.js';
import type { DatabaseSchema } from '../database/database-schema.js';
import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import { JUDGEMENT_MIGRATIONS } from './judgement-migrations.js';
import { createJudgementOperations } from './create-judgement-operations.js';
import type { JudgementOperations } from './judgement-operations.js';

/** What a judgement store's file is made of. */
export const JUDGEMENT_SCHEMA: DatabaseSchema = {
  kind: { noun: 'judgement store', owner: 'gateway' },
  migrations: JUDGEMENT_MIGRATIONS,
  prepare,
};

function prepare(database: ExclusiveDatabase): CallPerformer {
  const operations = createJudgementOperations(database);
  return (calls) => ({
    outcomes: commitTogether(
      database,
      calls.map((call) => () => perform(operations, call)),
    ),
    notices: [],
  });
}

function perform(operations: JudgementOperations, { operation, values }: DatabaseCall): unknown {
  // The store's own types tie the values to the operation; that tie does not survive a message port.
  const performed = operations[operation as keyof JudgementOperations] as (
    ...values: readonly unknown[]
  ) => unknown;
  return performed(...values);
}
