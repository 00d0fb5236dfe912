import { z } from 'zod';
import type { AnswerPair, Preference } from '../domain/preference.js';
import { canonicalJson } from '../runtime/content-hash.js';
import type { IterationRecord } from './ledger.js';
import type { LedgerDatabase } from './ledger-database.js';
import type { LedgerOperations } from './ledger-operations.js';
import { alreadyRecorded, requireUsablePreference } from './ledger-refusals.js';
import { encodeMetrics, iterationText, preferenceText } from './record-text.js';
import { requireRun } from './run-operations.js';
import { storedJson } from './stored-json.js';

type JournalOperations = Pick<
  LedgerOperations,
  | 'recordPreferences'
  | 'preferences'
  | 'recordPolicyVersion'
  | 'policyVersions'
  | 'recordIteration'
  | 'iterations'
>;

const answerPair: z.ZodType<AnswerPair> = z.object({
  id: z.string(),
  prompt: z.object({
    id: z.string(),
    locale: z.string(),
    text: z.string(),
    category: z.string().exactOptional(),
  }),
  first: z.string(),
  second: z.string(),
});

const preferenceRow: z.ZodType<Preference> = z.object({
  pair: storedJson(answerPair),
  rubricHash: z.string(),
  probabilityFirst: z.number(),
  weight: z.number(),
  excludedVerdicts: z.number(),
});

const policyRow = z.object({
  version: z.number(),
  hash: z.string(),
  location: z.string(),
  rubricHash: z.string(),
});

const metric = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);

const iterationRow: z.ZodType<IterationRecord> = z.object({
  iteration: z.number(),
  policyVersion: z.number(),
  rubricHash: z.string(),
  rewardModelHash: z.string(),
  inputsHash: z.string(),
  metrics: storedJson(z.record(z.string(), metric)),
});

const PREFERENCES = `SELECT pair, rubric_hash AS rubricHash, probability_first AS probabilityFirst, weight,
  excluded_verdicts AS excludedVerdicts FROM preferences WHERE run = ?`;
const POLICY_VERSIONS =
  'SELECT version, hash, location, rubric_hash AS rubricHash FROM policy_versions WHERE run = ?';
const ITERATIONS = `SELECT iteration, policy_version AS policyVersion, rubric_hash AS rubricHash,
  reward_model_hash AS rewardModelHash, inputs_hash AS inputsHash, metrics FROM iterations WHERE run = ?`;

/** What a run learned and did, in order. Every record is written once; the same again changes nothing. */
export function journalOperations(database: LedgerDatabase): JournalOperations {
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

    recordPolicyVersion(run, { version, hash, location }, rubricHash) {
      requireRun(database, run);
      const inserted = database.change(
        `INSERT INTO policy_versions (run, version, hash, location, rubric_hash)
         VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        ...[run, version, hash, location, rubricHash],
      );
      if (inserted === 1) return;
      const [stored] = database.select(policyRow, `${POLICY_VERSIONS} AND version = ?`, run, version);
      const given = { version, hash, location, rubricHash };
      if (canonicalJson(stored) !== canonicalJson(given)) throw alreadyRecorded(`policy version ${version}`);
    },

    policyVersions(run) {
      requireRun(database, run);
      return database.select(policyRow, `${POLICY_VERSIONS} ORDER BY version`, run);
    },

    recordIteration(run, record) {
      requireRun(database, run);
      const { iteration, policyVersion, rubricHash, rewardModelHash, inputsHash } = record;
      const inserted = database.change(
        `INSERT INTO iterations
           (run, iteration, policy_version, rubric_hash, reward_model_hash, inputs_hash, metrics)
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        ...[run, iteration, policyVersion, rubricHash, rewardModelHash, inputsHash],
        canonicalJson(encodeMetrics(record.metrics)),
      );
      if (inserted === 1) return;
      const [stored] = database.select(iterationRow, `${ITERATIONS} AND iteration = ?`, run, iteration);
      if (stored === undefined || iterationText(stored) !== iterationText(record)) {
        throw alreadyRecorded(`iteration ${iteration}`);
      }
    },

    iterations(run) {
      requireRun(database, run);
      return database.select(iterationRow, `${ITERATIONS} ORDER BY iteration`, run);
    },
  };
}
