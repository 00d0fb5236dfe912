import { join } from 'node:path';
import type { PolicyVersion } from '../../core/domain/policy.js';
import type { PolicyAnnouncer } from '../../core/engine/policy-locator.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import type { TrainedModel } from '../models/trained-model.js';

export interface PolicyRegistryOptions {
  readonly run: string;
  readonly model: TrainedModel;
  readonly ledger: Ledger;
  readonly announcer: PolicyAnnouncer;
  /** Each version's Hugging Face directory is made in here. */
  readonly directory: string;
}

/**
 * Turns the trainer's weights into policy versions. A version is in the ledger before any worker can be asked for it,
 * and its name is the hash of its weights.
 */
export class PolicyRegistry {
  constructor(private readonly options: PolicyRegistryOptions) {}

  /** Publishes the model's weights as that version, sampled for and paid by that rubric. */
  async publish(version: number, rubricHash: string): Promise<PolicyVersion> {
    const { run, model, ledger, announcer, directory } = this.options;
    const published = await model.publish(join(directory, `policy-${String(version).padStart(6, '0')}`));
    const policy = { version, hash: published.sha256, location: published.directory };
    await ledger.recordPolicyVersion(run, policy, rubricHash);
    await announcer.announce(policy);
    return policy;
  }
}
