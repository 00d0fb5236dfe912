import type { RunEvent } from '../domain/run.js';
import type { Ledger } from './ledger.js';

/** Events read from the ledger at a time. */
const PAGE = 200;

/** Every event of a run after this sequence that is durable when it is come to, oldest first. */
export async function* eventsAfter(
  ledger: Pick<Ledger, 'events'>,
  run: string,
  after: number,
): AsyncGenerator<RunEvent, void, undefined> {
  for (let last = after; ;) {
    const page = await ledger.events(run, last, PAGE);
    yield* page;
    const end = page.at(-1);
    if (end === undefined || page.length < PAGE) return;
    last = end.sequence;
  }
}
