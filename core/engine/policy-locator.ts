import type { PolicyVersion } from '../domain/policy.js';

/**
 * Where a policy's weights lie. Tasks name a policy by hash alone; whoever generates asks the locator for its
 * directory. An unknown hash is `not_found`. In one process it is a memory registry; across machines it is a
 * lookup of what the coordinator announced.
 */
export interface PolicyLocator {
  locate(policyHash: string, signal?: AbortSignal): Promise<PolicyVersion>;
  /**
   * As far as this process has heard: tasks of that run of older versions are given up, since nobody would consume their
   * answers; 0 until one is retired.
   */
  oldestAdmissible(run: string): number;
}

/** Makes a policy known to whoever locates it, before any task names it. */
export interface PolicyAnnouncer {
  announce(policy: PolicyVersion): Promise<void>;
  /** From now on no version before this one is sampled from. What was retired stays so. */
  retireBefore(version: number): Promise<void>;
}
