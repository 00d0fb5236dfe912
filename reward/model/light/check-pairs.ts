import { BadInputError, MajlisError } from '../../../core/errors.js';
import type { LabelledPair } from '../labelled-pair.js';

/**
 * The pairs that a model can learn from: two equal answers say nothing whatever their label, and are left out. A label, weight
 * or margin that is no number in its range is a BadInputError; so few or so even pairs that there is nothing to learn are
 * `failed_precondition`.
 */
export function learnablePairs<Pair extends LabelledPair>(pairs: readonly Pair[]): Pair[] {
  for (const [at, pair] of pairs.entries()) requireNumbers(pair, at);
  const unequal = pairs.filter(({ first, second }) => first !== second);
  if (unequal.length === 0) {
    throw refusal(
      pairs.length === 0
        ? 'There are no preferences to learn from.'
        : `The two answers are equal in all ${pairs.length} pairs, so there is nothing to learn.`,
    );
  }
  if (unequal.every(({ probabilityFirst, tie }) => probabilityFirst === 0.5 || tie === true)) {
    throw refusal(`All ${unequal.length} pairs are even, so no answer is better than another.`);
  }
  return unequal;
}

function requireNumbers({ prompt, probabilityFirst, weight, margin = 0 }: LabelledPair, at: number): void {
  const allowed = !(probabilityFirst >= 0 && probabilityFirst <= 1)
    ? (['probabilityFirst', probabilityFirst, 'a number from 0 to 1'] as const)
    : !(weight > 0 && weight < Infinity)
      ? (['weight', weight, 'a number above 0'] as const)
      : !(margin >= 0 && margin < Infinity)
        ? (['margin', margin, 'a number from 0'] as const)
        : undefined;
  if (allowed === undefined) return;
  const [name, found, range] = allowed;
  const place = `[${at}].${name} of prompt ${prompt.id}`;
  throw new BadInputError({ source: 'preferences', place, found: String(found), allowed: range });
}

function refusal(message: string): MajlisError {
  return new MajlisError(message, { code: 'failed_precondition' });
}
