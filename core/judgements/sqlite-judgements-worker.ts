import { serveDatabase } from '../database/serve-database.js';
import { JUDGEMENT_SCHEMA } from './judgement-schema.js';

/** The judgement store's thread. */
serveDatabase(JUDGEMENT_SCHEMA);
