import type { PolicyVersion } from '../../core/domain/policy.js';
import type { Engine } from '../../core/engine/engine.js';
import type { PolicyLocator } from '../../core/engine/policy-locator.js';
import type { AnswerDecoder } from './answer-task.js';

export interface PolicyGateOptions {
  readonly engine: Pick<Engine, 'load'>;
  readonly policies: Pick<PolicyLocator, 'locate'>;
  /** The tokenizer that belongs to a policy. */
  readonly decoderOf: (policy: PolicyVersion) => Promise<AnswerDecoder>;
}

interface LoadedPolicy {
  readonly hash: string;
  readonly decoder: AnswerDecoder;
}

/**
 * Lets tasks use an engine that holds one policy at a time. Tasks of the loaded policy run side by side; one that
 * needs another policy waits until they are done, and is served before later ones.
 */
export class PolicyGate {
  private loaded: LoadedPolicy | undefined;
  private users = 0;
  /** Called when nobody uses the engine any more. */
  private unused = (): void => undefined;
  /** Those who wait to enter; the last one's turn ends with `turn`. */
  private inLine = 0;
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly options: PolicyGateOptions) {}

  /** Of the policy that the engine holds; undefined while it holds none, or is loading one. */
  get loadedHash(): string | undefined {
    return this.loaded?.hash;
  }

  /**
   * From now on until `leave` the engine holds that policy; its tokenizer is the answer, at once where nothing has to be
   * waited for. Who is refused has not entered.
   */
  enter(policyHash: string, signal: AbortSignal): AnswerDecoder | Promise<AnswerDecoder> {
    if (this.inLine > 0 || this.loaded?.hash !== policyHash) return this.wait(policyHash, signal);
    this.users += 1;
    return this.loaded.decoder;
  }

  leave(): void {
    this.users -= 1;
    if (this.users === 0) this.unused();
  }

  /** The next in line waits for this one to enter, not for it to leave; a failed load is this one's alone. */
  private wait(policyHash: string, signal: AbortSignal): Promise<AnswerDecoder> {
    const entered = this.turn.then(async () => {
      const loaded = this.loaded?.hash === policyHash ? this.loaded : await this.load(policyHash, signal);
      this.users += 1;
      return loaded.decoder;
    });
    this.inLine += 1;
    const next = (): void => {
      this.inLine -= 1;
    };
    this.turn = entered.then(next, next);
    return entered;
  }

  private async load(policyHash: string, signal: AbortSignal): Promise<LoadedPolicy> {
    const { engine, policies, decoderOf } = this.options;
    const policy = await policies.locate(policyHash, signal);
    const decoder = await decoderOf(policy);
    await this.whenUnused();
    this.loaded = undefined;
    await engine.load(policy, signal);
    this.loaded = { hash: policyHash, decoder };
    return this.loaded;
  }

  private async whenUnused(): Promise<void> {
    if (this.users === 0) return;
    await new Promise<void>((resolve) => {
      this.unused = resolve;
    });
  }
}
