import { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';

/** The same items; a longer silence between two than allowed is `deadline_exceeded`. Only waiting counts, not what is done with an item. */
export async function* withinSilence<Item>(
  items: AsyncIterable<Item>,
  milliseconds: number,
  clock: Clock,
): AsyncGenerator<Item, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  for (;;) {
    const answered = new AbortController();
    const next = iterator.next();
    const silence = clock.sleep(milliseconds, answered.signal).then(() => {
      throw new MajlisError(`nothing was heard for ${milliseconds / 1000} s`, {
        code: 'deadline_exceeded',
      });
    });
    // Whichever loses the race has nobody left to tell.
    silence.catch(() => undefined);
    next.catch(() => undefined);
    const item = await Promise.race([next, silence]).finally(() => answered.abort());
    if (item.done === true) return;
    yield item.value;
  }
}
