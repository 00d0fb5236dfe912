import type { Preference } from '../domain/preference.js';
import { MajlisError } from '../errors.js';

/** Names a run that the ledger does not have. */
export function unknownRun(run: string): MajlisError {
  return new MajlisError(`the ledger has no run ${run}`, { code: 'not_found' });
}

/** What is recorded once stays: recording it again with another content is refused. */
export function alreadyRecorded(what: string): MajlisError {
  return new MajlisError(`the ledger already has ${what}, with another content`, { code: 'already_exists' });
}

/** Throws where a number is not one that a reward model could be trained on. */
export function requireUsablePreference(preference: Preference): void {
  const { probabilityFirst, weight, pair } = preference;
  if (probabilityFirst >= 0 && probabilityFirst <= 1 && weight >= 0 && weight < Infinity) return;
  const found = `probability ${probabilityFirst} and weight ${weight}`;
  throw new MajlisError(`the preference of pair ${pair.id} has ${found}; it needs [0, 1] and at least 0`, {
    code: 'invalid_argument',
  });
}
