import type { Preference } from '../../core/domain/preference.js';
import type { Ledger } from '../../core/ledger/ledger.js';

/**
 * Records preferences of pairs that the run has none of yet. A pair that two policies answered alike weighs by how many
 * other pairs its prompt had each time; what stands in the ledger is the first.
 */
export async function recordNewPreferences(
  ledger: Ledger,
  run: string,
  preferences: readonly Preference[],
): Promise<void> {
  const keyOf = ({ rubricHash, pair }: Preference): string => `${rubricHash}/${pair.id}`;
  const known = new Set((await ledger.preferences(run)).map(keyOf));
  await ledger.recordPreferences(
    run,
    preferences.filter((preference) => !known.has(keyOf(preference))),
  );
}
