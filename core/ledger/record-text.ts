import { canonicalJson } from '../runtime/content-hash.js';
import type { Preference } from '../domain/preference.js';
import type { IterationRecord, NewRun } from './ledger.js';

/** What a run was created with, as text that is equal exactly when that is. */
export function newRunText({ id, name, seed, config, configHash, fingerprints }: NewRun): string {
  return canonicalJson({ id, name, seed, config, configHash, fingerprints });
}

/** A preference as text that is equal exactly when the preferences are. */
export function preferenceText(preference: Preference): string {
  return canonicalJson(preference);
}

/** An iteration's record as text that is equal exactly when the records are. */
export function iterationText(record: IterationRecord): string {
  return canonicalJson({ ...record, metrics: encodeMetrics(record.metrics) });
}

/** JSON has no NaN and no infinities, and a metric that became one must be told as such, so they travel as their names. */
export function encodeMetrics(
  metrics: Readonly<Record<string, number>>,
): Readonly<Record<string, number | string>> {
  const entries = Object.entries(metrics);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Number.isFinite(value) ? value : String(value)]),
  );
}
