import type { PolicyVersion } from '../domain/policy.js';
import { MajlisError } from '../errors.js';
import { createRng } from '../math/rng.js';
import { checkRequest } from './check-request.js';
import type { Engine, GeneratedSequence, GenerateRequest } from './engine.js';

export interface MemoryEngineOptions {
  readonly contextLength: number;
  readonly vocabSize: number;
  /**
   * The answer to one sample of a request, as a policy that is certain of every token would give it; it is cut after
   * a stop token and at the token limit, and repeated where it ends before either. Without a script every token is
   * drawn uniformly from the vocabulary.
   */
  readonly script?: (request: GenerateRequest, sample: number) => readonly number[];
}

/** An engine without a model: a script or a uniform policy, with exact log-probabilities. */
export class MemoryEngine implements Engine {
  readonly fingerprint = 'memory';
  readonly deterministic = true;
  readonly contextLength: number;
  private loadedHash: string | undefined;

  constructor(private readonly options: MemoryEngineOptions) {
    this.contextLength = options.contextLength;
  }

  /** Any policy will do; only its hash is kept. */
  async load(policy: PolicyVersion, signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    this.loadedHash = policy.hash;
  }

  async generate(request: GenerateRequest, signal?: AbortSignal): Promise<readonly GeneratedSequence[]> {
    throwIfAborted(signal);
    if (this.loadedHash !== request.policyHash) {
      const message = `Policy ${request.policyHash} is not loaded; ${this.loadedHash ?? 'none'} is.`;
      throw new MajlisError(message, { code: 'failed_precondition' });
    }
    checkRequest(request, this.options);
    return Array.from({ length: request.samples }, (_, sample) => this.answer(request, sample));
  }

  async close(): Promise<void> {
    this.loadedHash = undefined;
  }

  private answer(request: GenerateRequest, sample: number): GeneratedSequence {
    const { vocabSize, script } = this.options;
    const { maxNewTokens, stopTokenIds } = request.sampling;
    const draws = createRng(request.seed).fork('answer').fork(sample);
    const scripted = script?.(request, sample);
    const logProb = scripted === undefined ? -Math.log(vocabSize) : 0;
    const tokenIds: number[] = [];
    let stopped = false;
    while (tokenIds.length < maxNewTokens && !stopped) {
      const id = scripted?.[tokenIds.length % scripted.length] ?? draws.integer(vocabSize);
      tokenIds.push(id);
      stopped = stopTokenIds.includes(id);
    }
    return { tokenIds, logProbs: tokenIds.map(() => logProb), finish: stopped ? 'stop' : 'length' };
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new MajlisError('The call was cancelled.', { code: 'cancelled' });
}
