import type { Rng } from '../../core/math/rng.js';

/** Draws without putting back, and shuffles anew when empty, so that all items are drawn equally often. */
export class Deck<T> {
  private rest: T[] = [];

  constructor(
    private readonly items: readonly T[],
    private readonly rng: Rng,
  ) {}

  draw(): T {
    if (this.rest.length === 0) this.rest = this.rng.shuffle(this.items);
    const [next] = this.rest.splice(-1);
    return next;
  }
}
