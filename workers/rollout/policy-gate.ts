import type { PolicyVersion } from '../../core/domain/policy.js';
import type { Engine } from '../../core/engine/engine.js';
import type { PolicyLocator } from '../../core/engine/policy-locator.js';

/**
 * Lets tasks use an engine that holds one policy at a time. Tasks of the loaded policy run side by side; one that
 * needs another policy waits until they are done, and is served before later ones.
 */
export class PolicyGate {
  private loaded: PolicyVersion | undefined;
  private readonly users = new Set<Promise<unknown>>();
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly engine: Engine,
    private readonly policies: PolicyLocator,
  ) {}

  /** Of the policy that the engine holds; undefined while it holds none, or is loading one. */
  get loadedHash(): string | undefined {
    return this.loaded?.hash;
  }

  /** Runs the work while the engine holds that policy; it is told where the policy's files lie. */
  async withPolicy<T>(
    policyHash: string,
    signal: AbortSignal,
    work: (policy: PolicyVersion) => Promise<T>,
  ): Promise<T> {
    const admitted = this.turn.then(async () => {
      const policy = this.loaded?.hash === policyHash ? this.loaded : await this.load(policyHash, signal);
      return this.admit(() => work(policy));
    });
    // The next in line waits for this one's admission, not for its work; a failed load is this caller's alone.
    this.turn = admitted.then(
      () => undefined,
      () => undefined,
    );
    return (await admitted).result;
  }

  private async load(policyHash: string, signal: AbortSignal): Promise<PolicyVersion> {
    const policy = await this.policies.locate(policyHash, signal);
    await Promise.allSettled(this.users);
    this.loaded = undefined;
    await this.engine.load(policy, signal);
    this.loaded = policy;
    return policy;
  }

  /** Wrapped in an object, since a promise returned from `then` would be awaited before the next is admitted. */
  private admit<T>(work: () => Promise<T>): { readonly result: Promise<T> } {
    const result = work();
    this.users.add(result);
    const leave = (): void => {
      this.users.delete(result);
    };
    result.then(leave, leave);
    return { result };
  }
}
