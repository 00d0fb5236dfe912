import type { PolicyVersion } from '../domain/policy.js';
import { MajlisError } from '../errors.js';
import type { PolicyAnnouncer, PolicyLocator } from './policy-locator.js';

/** Announced policies of one process, by hash. */
export class MemoryPolicies implements PolicyLocator, PolicyAnnouncer {
  private readonly byHash = new Map<string, PolicyVersion>();
  private oldest = 0;

  async announce(policy: PolicyVersion): Promise<void> {
    this.byHash.set(policy.hash, policy);
  }

  async retireBefore(version: number): Promise<void> {
    this.oldest = Math.max(this.oldest, version);
  }

  oldestAdmissible(): number {
    return this.oldest;
  }

  async locate(policyHash: string): Promise<PolicyVersion> {
    const policy = this.byHash.get(policyHash);
    if (policy === undefined) {
      throw new MajlisError(`policy ${policyHash} was never announced here`, { code: 'not_found' });
    }
    return policy;
  }
}
