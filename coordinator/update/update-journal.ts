import { setImmediate } from 'node:timers/promises';
import type { ArtifactStore } from '../../core/artifacts/artifact-store.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import { canonicalJson } from '../../core/runtime/content-hash.js';
import type { UpdateRecordInput } from './update-record.js';
import { updateRecord } from './update-record.js';

/** Writes what each iteration consumed and produced: the record first, then the ledger's entry that names it. */
export class UpdateJournal {
  constructor(
    private readonly ledger: Ledger,
    private readonly artifacts: ArtifactStore,
    private readonly run: string,
  ) {}

  async write(input: UpdateRecordInput, metrics: Readonly<Record<string, number>>): Promise<void> {
    const { iteration, policy, reward } = input.plan;
    // Encoding takes milliseconds of this thread: what else was asked for gets under way first.
    await setImmediate();
    const bytes = new TextEncoder().encode(canonicalJson(updateRecord(input)));
    const inputsHash = await this.artifacts.put(bytes);
    await this.ledger.recordIteration(this.run, {
      iteration,
      policyVersion: policy.version,
      rubricHash: reward.rubricHash,
      rewardModelHash: reward.rewardModelHash,
      inputsHash,
      metrics,
    });
  }
}
