import { setImmediate } from 'node:timers/promises';
import type { ArtifactStore } from '../../core/artifacts/artifact-store.js';
import { canonicalJson } from '../../core/runtime/content-hash.js';
import type { UpdateRecordInput } from './update-record.js';
import { updateRecord } from './update-record.js';

/** Stores what each iteration consumed and produced, for the ledger's entry to name. */
export class UpdateJournal {
  constructor(private readonly artifacts: ArtifactStore) {}

  /** Returns the sha256 of the stored record. */
  async store(input: UpdateRecordInput): Promise<string> {
    // Encoding takes milliseconds of this thread: what else was asked for gets under way first.
    await setImmediate();
    return this.artifacts.put(new TextEncoder().encode(canonicalJson(updateRecord(input))));
  }
}
