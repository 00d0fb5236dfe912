import { serveDatabase } from '../database/serve-database.js';
import { LEDGER_SCHEMA } from './ledger-schema.js';

/** The ledger's thread. */
serveDatabase(LEDGER_SCHEMA);
