import { z } from 'zod';
import { canonicalJson } from '../runtime/content-hash.js';
import type { RecordedPolicyVersion } from './ledger.js';
import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import type { LedgerOperations } from './ledger-operations.js';
import { alreadyRecorded } from './ledger-refusals.js';
import { requireRun } from './run-operations.js';

type PolicyOperations = Pick<LedgerOperations, 'recordPolicyVersion' | 'policyVersions'>;

const policyRow: z.ZodType<RecordedPolicyVersion> = z.object({
  version: z.number(),
  hash: z.string(),
  location: z.string(),
  rubricHash: z.string(),
});

const POLICY_VERSIONS =
  'SELECT version, hash, location, rubric_hash AS rubricHash FROM policy_versions WHERE run = ?';

/** A run's policy versions, in order. */
export function policyOperations(database: ExclusiveDatabase): PolicyOperations {
  return {
    recordPolicyVersion(run, policy, rubricHash) {
      requireRun(database, run);
      recordPolicy(database, run, { ...policy, rubricHash });
    },

    policyVersions(run) {
      requireRun(database, run);
      return database.select(policyRow, `${POLICY_VERSIONS} ORDER BY version`, run);
    },
  };
}

/** Records a version once; the same again changes nothing. */
export function recordPolicy(database: ExclusiveDatabase, run: string, policy: RecordedPolicyVersion): void {
  const { version, hash, location, rubricHash } = policy;
  const inserted = database.change(
    `INSERT INTO policy_versions (run, version, hash, location, rubric_hash)
     VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ...[run, version, hash, location, rubricHash],
  );
  if (inserted === 1) return;
  const [stored] = database.select(policyRow, `${POLICY_VERSIONS} AND version = ?`, run, version);
  const given = { version, hash, location, rubricHash };
  if (canonicalJson(stored) !== canonicalJson(given)) throw alreadyRecorded(`policy version ${version}`);
}
