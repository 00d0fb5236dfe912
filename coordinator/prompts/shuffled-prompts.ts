import type { TokenizedPrompt } from '../../core/domain/prompt.js';
import type { Rng } from '../../core/math/rng.js';

/** An endless order of some prompts: epoch after epoch, each one seeded shuffle of them all. */
export class ShuffledPrompts {
  private readonly epochs = new Map<number, readonly TokenizedPrompt[]>();

  /** At least one prompt. */
  constructor(
    private readonly prompts: readonly TokenizedPrompt[],
    private readonly rng: Rng,
  ) {}

  /** The prompt at a place, from 0. */
  at(place: number): TokenizedPrompt {
    const epoch = Math.floor(place / this.prompts.length);
    return this.shuffled(epoch)[place % this.prompts.length];
  }

  private shuffled(epoch: number): readonly TokenizedPrompt[] {
    const known = this.epochs.get(epoch);
    if (known !== undefined) return known;
    const order = this.rng.fork(epoch).shuffle(this.prompts);
    if (this.epochs.size > 1) this.epochs.clear();
    this.epochs.set(epoch, order);
    return order;
  }
}
