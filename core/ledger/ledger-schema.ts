import type { DatabaseKind } from '../database/database-kind.js';
import type { DatabaseSchema } from '../database/database-schema.js';
import { MIGRATIONS } from './migrations.js';
import { callPerformer } from './perform-calls.js';

/** How messages speak of a ledger's file. */
export const LEDGER: DatabaseKind = { noun: 'ledger', owner: 'run' };

/** What a ledger's file is made of. */
export const LEDGER_SCHEMA: DatabaseSchema = { kind: LEDGER, migrations: MIGRATIONS, prepare: callPerformer };
