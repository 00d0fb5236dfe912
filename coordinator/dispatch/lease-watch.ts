/**
 * Since when workers hold tasks, without asking them. The queue hands tasks out in order, so of the outstanding ones the
 * last that were issued are those that still wait in it, and the others are held by a worker or lost. Time in the queue
 * does not count.
 */
export class LeaseWatch {
  private readonly heldSince = new Map<string, number>();

  /**
   * Those that were taken at least that long ago.
   * @param outstanding tasks in the order of their issue
   * @param waiting how many of them are in the queue
   * @param now monotonic milliseconds
   */
  overdue(
    outstanding: readonly string[],
    waiting: number,
    { now, limitMs }: { readonly now: number; readonly limitMs: number },
  ): readonly string[] {
    const held = outstanding.slice(0, Math.max(0, outstanding.length - waiting));
    const stillOut = new Set(held);
    for (const id of this.heldSince.keys()) if (!stillOut.has(id)) this.heldSince.delete(id);
    for (const id of held) if (!this.heldSince.has(id)) this.heldSince.set(id, now);
    return held.filter((id) => now - (this.heldSince.get(id) ?? now) >= limitMs);
  }

  /** It is on its way again. */
  forget(taskId: string): void {
    this.heldSince.delete(taskId);
  }
}
