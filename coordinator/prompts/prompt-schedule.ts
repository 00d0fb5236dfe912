import type { TokenizedPrompt } from '../../core/domain/prompt.js';
import { BadInputError } from '../../core/errors.js';
import type { Rng } from '../../core/math/rng.js';

/** A prompt's place in one iteration. */
export interface ScheduledPrompt {
  readonly prompt: TokenizedPrompt;
  /** Tells apart a prompt's occurrences inside one iteration (where an iteration spans two epochs), from 0. */
  readonly group: number;
}

/**
 * Which prompts an iteration asks. Each epoch is one seeded shuffle of the whole set, so every prompt is asked once
 * before any is asked again. It is a function of the seed and the set alone: any iteration can be asked for, in any
 * order, by anyone.
 */
export class PromptSchedule {
  private readonly epochs = new Map<number, readonly TokenizedPrompt[]>();

  constructor(
    private readonly prompts: readonly TokenizedPrompt[],
    private readonly perIteration: number,
    private readonly rng: Rng,
  ) {
    const ids = new Set(prompts.map(({ prompt }) => prompt.id));
    if (prompts.length === 0) throw refused('no prompts', 'at least one prompt');
    if (ids.size !== prompts.length) throw refused('a prompt id that occurs twice', 'unique ids');
  }

  /** The iteration's prompts, in the order that the whole iteration keeps. */
  promptsFor(iteration: number): readonly ScheduledPrompt[] {
    const occurrences = new Map<string, number>();
    return Array.from({ length: this.perIteration }, (_, place) => {
      const prompt = this.promptAt(iteration * this.perIteration + place);
      const group = occurrences.get(prompt.prompt.id) ?? 0;
      occurrences.set(prompt.prompt.id, group + 1);
      return { prompt, group };
    });
  }

  /** The prompt at a place of the endless order, from 0, whatever iteration asks it. */
  promptAt(position: number): TokenizedPrompt {
    const epoch = Math.floor(position / this.prompts.length);
    return this.shuffled(epoch)[position % this.prompts.length];
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

function refused(found: string, allowed: string): BadInputError {
  return new BadInputError({ source: 'prompts', found, allowed });
}
