/** Lets so many in at a time; whoever comes when it is full waits, first come, first served. */
export class Gate {
  private readonly waiting: (() => void)[] = [];
  private inside = 0;

  constructor(private readonly most: number) {}

  /** Resolves to what has to be called to leave; calling it again changes nothing. */
  async enter(): Promise<() => void> {
    if (this.inside < this.most) this.inside += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      const next = this.waiting.shift();
      // Whoever waited takes the place over, so the count stays.
      if (next === undefined) this.inside -= 1;
      else next();
    };
  }
}
