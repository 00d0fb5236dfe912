import { basename, join } from 'node:path';
import { removeOthers } from '../../core/artifacts/remove-others.js';
import type { PolicyVersion } from '../../core/domain/policy.js';
import type { PolicyAnnouncer } from '../../core/engine/policy-locator.js';
import { MajlisError } from '../../core/errors.js';
import type { Ledger, RecordedPolicyVersion } from '../../core/ledger/ledger.js';
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
 * Turns the trainer's weights into policy versions. A version's name is the hash of its weights; it is in the ledger
 * before any worker can be asked for it, so whoever publishes records it before announcing it.
 */
export class PolicyRegistry {
  /** Bytes of the newest version's weights. */
  bytes = 0;

  constructor(private readonly options: PolicyRegistryOptions) {}

  /**
   * Removes what a process wrote that died before the ledger knew of it. What is published never changes, and under async
   * another process may come to other weights.
   */
  async discardUnrecorded(): Promise<void> {
    const { ledger, run, directory } = this.options;
    const versions = await ledger.policyVersions(run);
    await removeOthers(directory, new Set(versions.map(({ location }) => basename(location))));
  }

  /** Writes the model's weights as that version, sampled for and paid by that rubric. */
  async publish(version: number, rubricHash: string): Promise<RecordedPolicyVersion> {
    const { model, directory } = this.options;
    const published = await model.publish(join(directory, `policy-${String(version).padStart(6, '0')}`));
    this.bytes = published.bytes;
    return { version, hash: published.sha256, location: published.directory, rubricHash };
  }

  /** Records a version outside an iteration's end. */
  async record(policy: RecordedPolicyVersion): Promise<void> {
    const { rubricHash, ...version } = policy;
    await this.options.ledger.recordPolicyVersion(this.options.run, version, rubricHash);
  }

  /** Lets workers be asked for it. */
  async announce(policy: PolicyVersion): Promise<void> {
    await this.options.announcer.announce(policy);
  }

  /** A version that the run recorded; another is `not_found`. */
  async find(version: number): Promise<RecordedPolicyVersion> {
    const { ledger, run } = this.options;
    const found = (await ledger.policyVersions(run)).find((known) => known.version === version);
    if (found !== undefined) return found;
    throw new MajlisError(`run ${run} has no policy version ${version}`, { code: 'not_found' });
  }
}
