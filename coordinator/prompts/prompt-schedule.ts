import { servingLocale } from '../../core/domain/locale.js';
import type { Locale, TokenizedPrompt } from '../../core/domain/prompt.js';
import { BadInputError } from '../../core/errors.js';
import type { Rng } from '../../core/math/rng.js';
import { ShuffledPrompts } from './shuffled-prompts.js';

/** A prompt's place in one iteration. */
export interface ScheduledPrompt {
  readonly prompt: TokenizedPrompt;
  /** Tells apart a prompt's occurrences inside one iteration (where an iteration spans two epochs), from 0. */
  readonly group: number;
}

/**
 * Which prompts an iteration asks. Each epoch is one seeded shuffle of the whole set, so every prompt is asked once
 * before any is asked again. Several locales take turns, each with epochs of its own, so that an iteration has equally many
 * prompts of each, whatever the size of its set. It is a function of the seed and the sets alone: any iteration can be
 * asked for, in any order, by anyone.
 */
export class PromptSchedule {
  /** [locale] */
  private readonly parts: readonly ShuffledPrompts[];

  constructor(
    prompts: readonly TokenizedPrompt[],
    private readonly perIteration: number,
    rng: Rng,
    locales: readonly Locale[] = [],
  ) {
    const ids = new Set(prompts.map(({ prompt }) => prompt.id));
    if (prompts.length === 0) throw refused('no prompts', 'at least one prompt');
    if (ids.size !== prompts.length) throw refused('a prompt id that occurs twice', 'unique ids');
    this.parts = locales.length < 2 ? [new ShuffledPrompts(prompts, rng)] : byLocale(prompts, locales, rng);
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
    const turns = this.parts.length;
    return this.parts[position % turns].at(Math.floor(position / turns));
  }
}

function byLocale(
  prompts: readonly TokenizedPrompt[],
  locales: readonly Locale[],
  rng: Rng,
): readonly ShuffledPrompts[] {
  return locales.map((locale) => {
    const own = prompts.filter(({ prompt }) => servingLocale(prompt.locale, locales) === locale);
    if (own.length === 0) throw refused(`no prompts in ${locale}`, 'at least one prompt in each locale');
    return new ShuffledPrompts(own, rng.fork(locale));
  });
}

function refused(found: string, allowed: string): BadInputError {
  return new BadInputError({ source: 'prompts', found, allowed });
}
