import type { Ledger } from '../../core/ledger/ledger.js';
import type { RunObserver } from '../run-observer.js';

/** Ends as dropped whatever the run has open, and tells how much that was. */
export async function dropOpenTasks({
  ledger,
  tasks,
  observer,
}: {
  readonly ledger: Pick<Ledger, 'dropOpenTasks'>;
  readonly tasks: { readonly run: string };
  readonly observer: RunObserver;
}): Promise<void> {
  const count = await ledger.dropOpenTasks(tasks.run);
  if (count > 0) observer.tasksEnded?.({ count, end: 'dropped' });
}
