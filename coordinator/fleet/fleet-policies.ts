import type { PolicyVersion } from '../../core/domain/policy.js';
import type { PolicyAnnouncer } from '../../core/engine/policy-locator.js';
import type { WorkerRegistry } from './worker-registry.js';

export interface FleetPoliciesOptions {
  readonly run: string;
  readonly registry: Pick<WorkerRegistry, 'announce'>;
  /** Puts a policy's directory where workers of other machines can fetch it, and returns its content key. */
  readonly publish?: (directory: string) => Promise<string>;
}

/** Announces a run's policies to the fleet: stored first, so that whoever hears of one can fetch it. */
export class FleetPolicies implements PolicyAnnouncer {
  private oldest = 0;
  private last: { readonly policy: PolicyVersion; readonly contentKey?: string } | undefined;

  constructor(private readonly options: FleetPoliciesOptions) {}

  async announce(policy: PolicyVersion): Promise<void> {
    const contentKey = await this.options.publish?.(policy.location);
    this.last = { policy, ...(contentKey === undefined ? {} : { contentKey }) };
    this.tell();
  }

  async retireBefore(version: number): Promise<void> {
    this.oldest = Math.max(this.oldest, version);
    this.tell();
  }

  private tell(): void {
    if (this.last === undefined) return;
    const { run, registry } = this.options;
    registry.announce({ run, ...this.last, oldestVersion: this.oldest });
  }
}
