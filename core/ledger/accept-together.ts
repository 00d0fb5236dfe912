import { commitTogether } from '../database/commit-together.js';
import type { Outcome } from '../database/commit-together.js';
import type { DatabaseCall } from '../database/database-messages.js';
import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import type { TaskResult } from './ledger.js';
import { NOT_ALL_NEWS, acceptNews } from './task-operations.js';

type AcceptCall = DatabaseCall & { readonly values: readonly [string, TaskResult] };

/** Of fewer calls, the statements for one cost as much as those for all. */
const FEWEST = 4;

/**
 * Accepts the results of a commit's calls in two statements for all of them: nearly always each is the first of its task.
 * Undefined, with nothing done, where the calls are others, or one of the results is no news: then each call is performed
 * by itself.
 */
export function acceptTogether(
  database: ExclusiveDatabase,
  calls: readonly DatabaseCall[],
): readonly Outcome<'accepted'>[] | undefined {
  if (calls.length < FEWEST || !calls.every(isAcceptCall)) return undefined;
  const [run] = calls[0].values;
  if (calls.some(({ values }) => values[0] !== run)) return undefined;
  const results = calls.map(({ values }) => values[1]);
  const [outcome] = commitTogether(database, [() => acceptNews(database, run, results)]);
  if ('value' in outcome) return calls.map(() => ({ value: 'accepted' }));
  return outcome.error === NOT_ALL_NEWS ? undefined : calls.map(() => outcome);
}

function isAcceptCall(call: DatabaseCall): call is AcceptCall {
  return call.operation === 'acceptResult';
}
