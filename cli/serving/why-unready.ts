import { ACTIVE } from '../../reward/serving/served-rewards.js';
import type { KeptReward } from './rewards-keeper.js';

/**
 * Why requests are better sent to another server, undefined while this one can score: what trainers ask for unless told has no
 * trainer now, or where nothing is so called, any other. A reward beside `active` that cannot be scored takes `active` from nobody.
 */
export function whyUnready(kept: readonly KeptReward[]): string | undefined {
  const active = kept.filter(({ alias }) => alias === ACTIVE);
  for (const { alias, trainers } of active.length > 0 ? active : kept) {
    for (const trainer of trainers) {
      if (trainer?.absence === undefined) continue;
      return `${alias} cannot be scored: the trainer at ${trainer.address}: ${trainer.absence}`;
    }
  }
  return undefined;
}
