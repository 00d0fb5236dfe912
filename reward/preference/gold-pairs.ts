import type { AnswerPair } from '../../core/domain/preference.js';
import type { Locale } from '../../core/domain/prompt.js';
import { sha256 } from '../../core/runtime/content-hash.js';
import type { Anchor } from './fuser.js';
import type { Gold } from './panel-accuracy.js';
import type { PanelVotes } from './panel-votes.js';

/** A pair whose better answer a person named. */
export interface AuthoredPair {
  readonly id: string;
  readonly prompt: string;
  readonly better: string;
  readonly worse: string;
}

/**
 * Authored pairs as judges see them. Which answer stands first goes by a hash of the id: were the better one always
 * first, a judge that always says "first" would look perfect.
 */
export function goldPairs(
  authored: readonly AuthoredPair[],
  locale: Locale,
): { pairs: AnswerPair[]; gold: Gold } {
  const pairs = authored.map(({ id, prompt, better, worse }): AnswerPair => {
    const [first, second] = betterFirst(id) ? [better, worse] : [worse, better];
    return { id, prompt: { id, locale, text: prompt }, first, second };
  });
  return { pairs, gold: new Map(authored.map(({ id }) => [id, betterFirst(id)])) };
}

/** The gold pairs that some judge voted on, as the stack is fitted on them. */
export function anchorsOf(votes: PanelVotes['votes'], gold: Gold): Anchor[] {
  return [...gold].flatMap(([pairId, firstIsBetter]) => {
    const pairVotes = votes.get(pairId);
    return pairVotes === undefined ? [] : [{ votes: pairVotes, firstIsBetter }];
  });
}

function betterFirst(id: string): boolean {
  return parseInt(sha256(id).slice(0, 2), 16) % 2 === 0;
}
