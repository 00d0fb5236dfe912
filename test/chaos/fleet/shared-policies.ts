import { join } from 'node:path';
import type { PolicyVersion } from '../../../core/domain/policy.js';
import type { PolicyAnnouncer, PolicyLocator } from '../../../core/engine/policy-locator.js';
import { MajlisError } from '../../../core/errors.js';
import { StoredMap } from './stored-map.js';

/** Policies by hash in a folder that the pods share. */
export class SharedPolicies implements PolicyAnnouncer, PolicyLocator {
  private readonly known = new StoredMap<PolicyVersion>();

  constructor(private readonly folder: string) {}

  async announce(policy: PolicyVersion): Promise<void> {
    this.known.set(join(this.folder, policy.hash), policy);
  }

  async locate(policyHash: string): Promise<PolicyVersion> {
    const policy = this.known.get(join(this.folder, policyHash));
    if (policy === undefined) throw new MajlisError(`no policy ${policyHash}`, { code: 'not_found' });
    return policy;
  }

  oldestAdmissible(): number {
    return 0;
  }

  /** In lockstep no policy is too old. */
  async retireBefore(): Promise<void> {}
}
