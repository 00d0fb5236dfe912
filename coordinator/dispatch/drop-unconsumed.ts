import type { Ledger } from '../../core/ledger/ledger.js';

/** Ends as dropped every task of the run that is outstanding, or came back and was not consumed. Returns their ids. */
export async function dropUnconsumed(ledger: Ledger, run: string): Promise<readonly string[]> {
  const tasks = await ledger.tasks(run);
  const left = tasks
    .filter(({ state }) => state === 'outstanding' || state === 'accepted')
    .map(({ id }) => id);
  if (left.length > 0) await ledger.endTasks(run, left, 'dropped');
  return left;
}
