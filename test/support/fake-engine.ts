import type { PolicyVersion } from '../../core/domain/policy.js';
import type { Engine, GeneratedSequence, GenerateRequest } from '../../core/engine/engine.js';
import { MajlisError } from '../../core/errors.js';
import { createRng } from '../../core/math/rng.js';
import { logSoftmax } from './unigram-model.js';
import type { PublishedModels, UnigramWeights } from './unigram-model.js';

/** Samples from unigram models that the fake trainer published. Records what it was asked. */
export class FakeEngine implements Engine {
  readonly deterministic = true;
  readonly contextLength: number = 64;
  readonly loads: string[] = [];
  readonly requests: GenerateRequest[] = [];
  /** Runs before each generation; tests make it wait or fail. */
  beforeGenerate: (request: GenerateRequest, signal?: AbortSignal) => Promise<void> = async () => undefined;
  private loaded: { readonly hash: string; readonly weights: UnigramWeights } | undefined;

  constructor(
    private readonly published: PublishedModels,
    readonly fingerprint = 'fake/1',
  ) {}

  async load(policy: PolicyVersion): Promise<void> {
    const weights = this.published.get(policy.location);
    if (weights === undefined) throw new MajlisError(`nothing at ${policy.location}`, { code: 'not_found' });
    this.loads.push(policy.hash);
    this.loaded = { hash: policy.hash, weights };
  }

  async generate(request: GenerateRequest, signal?: AbortSignal): Promise<readonly GeneratedSequence[]> {
    const loaded = this.loaded;
    if (loaded?.hash !== request.policyHash) {
      throw new MajlisError(`policy ${request.policyHash} is not loaded`, { code: 'failed_precondition' });
    }
    this.requests.push(request);
    await this.beforeGenerate(request, signal);
    const now = logSoftmax(loaded.weights.logits, request.sampling.temperature);
    return Array.from({ length: request.samples }, (_, sample) => sequence(now, request, sample));
  }

  async close(): Promise<void> {
    this.loaded = undefined;
  }
}

function sequence(now: Float64Array, request: GenerateRequest, sample: number): GeneratedSequence {
  const rng = createRng(request.seed).fork(sample);
  const tokenIds: number[] = [];
  const { maxNewTokens, stopTokenIds } = request.sampling;
  while (tokenIds.length < maxNewTokens) {
    const token = drawn(now, rng.uniform());
    tokenIds.push(token);
    if (stopTokenIds.includes(token)) break;
  }
  const finish = stopTokenIds.includes(tokenIds[tokenIds.length - 1]) ? 'stop' : 'length';
  return { tokenIds, logProbs: tokenIds.map((token) => now[token]), finish };
}

function drawn(logProbabilities: Float64Array, uniform: number): number {
  let cumulative = 0;
  for (const [token, logProb] of logProbabilities.entries()) {
    cumulative += Math.exp(logProb);
    if (uniform < cumulative) return token;
  }
  return logProbabilities.length - 1;
}
