import { z } from 'zod';
import type { Preference } from '../domain/preference.js';
import { canonicalJson } from '../runtime/content-hash.js';
import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import type { LedgerOperations } from './ledger-operations.js';
import { alreadyRecorded, requireUsablePreference } from './ledger-refusals.js';
import { preferenceText } from './record-text.js';
import { requireRun } from './run-operations.js';
import { storedJson } from '../database/stored-json.js';
import { answerPair } from './stored-records.js';

type PreferenceOperations = Pick<LedgerOperations, 'recordPreferences' | 'preferences'>;

const preferenceRow: z.ZodType<Preference> = z.object({
  pair: storedJson(answerPair),
  rubricHash: z.string(),
  probabilityFirst: z.number(),
  weight: z.number(),
  excludedVerdicts: z.number(),
});

const PREFERENCES = `SELECT pair, rubric_hash AS rubricHash, probability_first AS probabilityFirst, weight,
  excluded_verdicts AS excludedVerdicts FROM preferences WHERE run = ?`;

/** What the judges preferred, in the order of recording. One for each pair and rubric; the same again changes nothing. */
export function preferenceOperations(database: ExclusiveDatabase): PreferenceOperations {
  function recordPreference(run: string, preference: Preference): void {
    requireUsablePreference(preference);
    const { pair, rubricHash, probabilityFirst, weight, excludedVerdicts } = preference;
    const inserted = database.change(
      `INSERT INTO preferences (run, rubric_hash, pair_id, pair, probability_first, weight, excluded_verdicts)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      ...[run, rubricHash, pair.id, canonicalJson(pair), probabilityFirst, weight, excludedVerdicts],
    );
    if (inserted === 1) return;
    const query = `${PREFERENCES} AND rubric_hash = ? AND pair_id = ?`;
    const [stored] = database.select(preferenceRow, query, run, rubricHash, pair.id);
    if (stored === undefined || preferenceText(stored) !== preferenceText(preference)) {
      throw alreadyRecorded(`a preference of pair ${pair.id}`);
    }
  }

  return {
    recordPreferences(run, preferences) {
      requireRun(database, run);
      for (const preference of preferences) recordPreference(run, preference);
    },

    preferences(run) {
      requireRun(database, run);
      return database.select(preferenceRow, `${PREFERENCES} ORDER BY sequence`, run);
    },
  };
}
