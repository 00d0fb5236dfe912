/**
 * A pool of workers has one active run; others wait for it, in the order in which they came. A run that is paused keeps its
 * turn: whoever pauses it to look at something finds the pool as it was. Its demand is 0 meanwhile, and who wants the pool
 * for another run cancels it.
 */
export class PoolTurns {
  private last: Promise<void> = Promise.resolve();

  /**
   * Resolves when it is the caller's turn, with what ends it. Rejects with the signal's reason, and whoever is next in line
   * does not wait for one that left it.
   */
  async take(signal: AbortSignal): Promise<() => void> {
    const before = this.last;
    let leave = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      leave = resolve;
    });
    this.last = before.then(() => over);
    try {
      await unlessAborted(before, signal);
    } catch (thrown) {
      leave();
      throw thrown;
    }
    return leave;
  }
}

async function unlessAborted(turn: Promise<void>, signal: AbortSignal): Promise<void> {
  let abort = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    abort = resolve;
    signal.addEventListener('abort', abort, { once: true });
  });
  signal.throwIfAborted();
  await Promise.race([turn, aborted]);
  signal.removeEventListener('abort', abort);
  signal.throwIfAborted();
}
