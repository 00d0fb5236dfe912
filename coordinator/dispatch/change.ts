/** Lets loops sleep until something happened. Ask for `next` before looking, or what happens in between is slept through. */
export class Change {
  private wakers: (() => void)[] = [];

  /** Resolves at the next `happened`. */
  next(): Promise<void> {
    return new Promise((resolve) => this.wakers.push(resolve));
  }

  happened(): void {
    const wakers = this.wakers;
    this.wakers = [];
    for (const wake of wakers) wake();
  }
}
