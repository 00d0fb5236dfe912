import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import { callOperations } from './call-operations.js';
import type { JudgementOperations } from './judgement-operations.js';
import { spendOperations } from './spend-operations.js';
import { verdictOperations } from './verdict-operations.js';

/** All of them, on a database whose schema is up to date. */
export function createJudgementOperations(database: ExclusiveDatabase): JudgementOperations {
  return { ...verdictOperations(database), ...callOperations(database), ...spendOperations(database) };
}
