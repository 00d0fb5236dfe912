import type { PolicyVersion } from '../domain/policy.js';

/**
 * Where a policy's weights lie. Tasks name a policy by hash alone; whoever generates asks the locator for its
 * directory. An unknown hash is `not_found`. In one process it is a memory registry; across machines it is a
 * lookup of what the coordinator announced.
 */
export interface PolicyLocator {
  locate(policyHash: string, signal?: AbortSignal): Promise<PolicyVersion>;
}

/** Makes a policy known to whoever locates it, before any task names it. */
export interface PolicyAnnouncer {
  announce(policy: PolicyVersion): Promise<void>;
}
