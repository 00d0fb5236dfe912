import { MajlisError } from '../../core/errors.js';
import { canonicalJson } from '../../core/runtime/content-hash.js';
import type {
  CheckpointRequest,
  LoadedCheckpoint,
  ForwardBackwardRequest,
  ForwardBackwardResult,
  ForwardRequest,
  ForwardResult,
  ModelId,
  ModelSpec,
  OptimStepRequest,
  OptimStepResult,
  PolicyBatch,
  PpoLossConfig,
  PublishedWeights,
  PublishRequest,
  Role,
  SavedCheckpoint,
  TokenBatch,
  Trainer,
  TrainerCall,
  TrainerCapabilities,
  ValueBatch,
} from '../../core/trainer/trainer.js';
import { logSoftmax, weightsHash } from './unigram-model.js';
import type { PublishedModels } from './unigram-model.js';

interface FakeModel {
  readonly role: Role;
  /** Logits of a policy; values by previous token of a critic. [token id] */
  readonly weights: Float64Array;
  gradient: Float64Array;
  micros: Map<number, string>;
  step: number;
}

/** Checkpoints by directory: the disk that outlives a fake trainer. Weights by token id, and the steps they have had. */
export type SavedFakeModels = Map<string, { readonly weights: Float64Array; readonly step: number }>;

export interface FakeTrainerOptions {
  readonly vocabSize: number;
  readonly published: PublishedModels;
  /** Absent: its own. */
  readonly saved?: SavedFakeModels;
  readonly roles?: readonly Role[];
}

/**
 * A trainer over the unigram model, with plain gradient steps. It keeps the port's promises that a coordinator could
 * break: versions, micro-batch dedupe, alignment (entry 0 has weight 0). It records every call, in order.
 */
export class FakeTrainer implements Trainer {
  readonly calls: string[] = [];
  readonly forwardBackwards: ForwardBackwardRequest[] = [];
  readonly optimSteps: OptimStepRequest[] = [];
  /** Replaces the approximate KL that the policy loss reports. */
  reportedKl: number | undefined;
  /** Whether this gradient's loss comes out as NaN; the weights move as ever. */
  isBroken: (request: ForwardBackwardRequest) => boolean = () => false;
  private readonly models = new Map<ModelId, FakeModel>();
  private readonly saved: SavedFakeModels;
  private created = 0;

  constructor(private readonly options: FakeTrainerOptions) {
    this.saved = options.saved ?? new Map();
  }

  weightsOf(role: Role): Float64Array {
    const model = [...this.models.values()].find((one) => one.role === role);
    if (model === undefined) throw new MajlisError(`no ${role}`, { code: 'not_found' });
    return model.weights;
  }

  async capabilities(): Promise<TrainerCapabilities> {
    return {
      engine: 'fake',
      fingerprint: 'fake/1',
      incarnationId: 'fake',
      deterministic: true,
      roles: this.options.roles ?? ['policy', 'critic', 'reference'],
      losses: ['ppo', 'value'],
      reductions: ['normalized_sum'],
      adamFields: ['learningRate'],
      contextLength: 64,
      adapters: [],
      device: 'cpu',
      dtype: 'float32',
      ranks: 1,
    };
  }

  async createModel(_call: TrainerCall, spec: ModelSpec): Promise<ModelId> {
    const id = `${spec.role}-${this.created}`;
    this.created += 1;
    const base = this.options.published.get(spec.base)?.logits;
    const weights = base?.slice() ?? new Float64Array(this.options.vocabSize);
    const gradient = new Float64Array(this.options.vocabSize);
    this.models.set(id, { role: spec.role, weights, gradient, micros: new Map(), step: 0 });
    this.calls.push(`create ${spec.role}`);
    return id;
  }

  async forward(call: TrainerCall, request: ForwardRequest): Promise<ForwardResult> {
    const model = this.find(call, request.modelId);
    this.calls.push(`forward ${model.role}`);
    const { batch } = request;
    if (request.want.includes('values')) return { values: values(model, batch) };
    return { logProbs: logProbs(model, batch) };
  }

  async forwardBackward(call: TrainerCall, request: ForwardBackwardRequest): Promise<ForwardBackwardResult> {
    const model = this.find(call, request.modelId);
    this.calls.push(`forwardBackward ${model.role}`);
    this.forwardBackwards.push(request);
    this.requireNew(model, request);
    const { loss, normalizer } = request;
    requireAligned(loss.batch);
    if (loss.type !== 'ppo' && loss.type !== 'value') {
      throw new MajlisError(`the fake trainer has no ${loss.type}`, { code: 'unimplemented' });
    }
    const result =
      loss.type === 'ppo'
        ? this.ppo(model, loss.batch, loss.config, normalizer)
        : value(model, loss.batch, normalizer);
    return this.isBroken(request) ? { ...result, loss: NaN } : result;
  }

  async optimStep(call: TrainerCall, request: OptimStepRequest): Promise<OptimStepResult> {
    const model = this.find(call, request.modelId);
    this.calls.push(`optimStep ${model.role}`);
    this.optimSteps.push(request);
    const gradNorm = Math.hypot(...model.gradient);
    for (const [at, slope] of model.gradient.entries()) model.weights[at] -= request.learningRate * slope;
    model.gradient = new Float64Array(model.weights.length);
    model.micros = new Map();
    model.step += 1;
    return { gradNorm, skipped: false, version: model.step };
  }

  async publishWeights(call: TrainerCall, request: PublishRequest): Promise<PublishedWeights> {
    const model = this.find(call, request.modelId);
    this.calls.push(`publish ${model.role}`);
    const weights = { logits: model.weights.slice() };
    const { directory } = request;
    const sha256 = weightsHash(weights);
    const before = this.options.published.get(directory);
    if (before !== undefined && weightsHash(before) !== sha256) {
      throw new MajlisError(`${directory} already holds other weights`, { code: 'already_exists' });
    }
    this.options.published.set(directory, weights);
    return { directory, sha256, bytes: weights.logits.byteLength };
  }

  async saveCheckpoint(call: TrainerCall, request: CheckpointRequest): Promise<SavedCheckpoint> {
    const { role, weights, step } = this.find(call, request.modelId);
    this.calls.push(`save ${role}`);
    const saved = weights.slice();
    this.saved.set(request.directory, { weights: saved, step });
    return { sha256: weightsHash({ logits: saved }), bytes: saved.byteLength, step };
  }

  async loadCheckpoint(_call: TrainerCall, request: CheckpointRequest): Promise<LoadedCheckpoint> {
    const model = this.known(request.modelId);
    const saved = this.saved.get(request.directory);
    if (saved === undefined) {
      throw new MajlisError(`nothing is saved at ${request.directory}`, { code: 'not_found' });
    }
    this.calls.push(`load ${model.role}`);
    model.weights.set(saved.weights);
    model.gradient.fill(0);
    model.micros.clear();
    model.step = saved.step;
    return { sha256: weightsHash({ logits: saved.weights }), step: saved.step };
  }

  async deleteModel(_call: TrainerCall, modelId: ModelId): Promise<void> {
    this.models.delete(modelId);
  }

  async close(): Promise<void> {
    this.calls.push('close');
  }

  private find(call: TrainerCall, modelId: ModelId): FakeModel {
    const model = this.known(modelId);
    if (call.expectedVersion !== model.step) {
      throw new MajlisError(`${modelId} is at step ${model.step}`, { code: 'failed_precondition' });
    }
    return model;
  }

  private known(modelId: ModelId): FakeModel {
    const model = this.models.get(modelId);
    if (model === undefined) throw new MajlisError(`no model ${modelId}`, { code: 'not_found' });
    return model;
  }

  private requireNew(model: FakeModel, request: ForwardBackwardRequest): void {
    const text = canonicalJson(request);
    const known = model.micros.get(request.micro);
    if (known !== undefined || request.step !== model.step) {
      throw new MajlisError(`step ${request.step} micro ${request.micro} again`, { code: 'already_exists' });
    }
    model.micros.set(request.micro, text);
  }

  /** The clipped surrogate and its exact gradient: d log π(a) / d θ = (1[a] − π) / T. */
  private ppo(
    model: FakeModel,
    batch: PolicyBatch,
    config: PpoLossConfig,
    normalizer: number,
  ): ForwardBackwardResult {
    const now = logSoftmax(model.weights, batch.temperature);
    const sums = { loss: 0, count: 0, ratio: 0, kl: 0, clipped: 0 };
    for (const [at, token] of batch.tokenIds.entries()) {
      const weight = batch.weights[at];
      if (weight === 0) continue;
      const ratio = Math.exp(Math.fround(now[token]) - batch.oldLogProbs[at]);
      const advantage = batch.advantages[at];
      const bounded = Math.min(Math.max(ratio, 1 - config.epsLow), 1 + config.epsHigh);
      const isClipped = -advantage * bounded > -advantage * ratio;
      sums.loss += weight * Math.max(-advantage * ratio, -advantage * bounded);
      sums.count += 1;
      sums.ratio += ratio;
      sums.kl += ratio - 1 - Math.log(ratio);
      if (isClipped) {
        sums.clipped += 1;
        continue;
      }
      const slope = (-advantage * ratio * weight) / (normalizer * batch.temperature);
      for (const [id, logProb] of now.entries()) {
        model.gradient[id] += slope * ((id === token ? 1 : 0) - Math.exp(logProb));
      }
    }
    const { count } = sums;
    const kl = this.reportedKl === undefined ? sums.kl : this.reportedKl * count;
    return {
      loss: sums.loss / normalizer,
      metrics: {
        approximateKl: { sum: kl, count },
        clipped: { sum: sums.clipped, count },
        ratio: { sum: sums.ratio, count },
      },
    };
  }
}

function logProbs(model: FakeModel, batch: TokenBatch): Float32Array {
  const now = logSoftmax(model.weights, batch.temperature);
  return perToken(batch, (token) => now[token]);
}

function values(model: FakeModel, batch: TokenBatch): Float32Array {
  return perToken(batch, (_token, before) => model.weights[before]);
}

/** Entry 0 of every sequence is 0, as the port says. */
function perToken(batch: TokenBatch, of: (token: number, before: number) => number): Float32Array {
  const starts = new Set(batch.offsets);
  return Float32Array.from(batch.tokenIds, (token, at) =>
    starts.has(at) ? 0 : of(token, batch.tokenIds[at - 1]),
  );
}

/** ½ (V − R)² and its gradient. */
function value(model: FakeModel, batch: ValueBatch, normalizer: number): ForwardBackwardResult {
  let loss = 0;
  for (const at of batch.tokenIds.keys()) {
    if (batch.weights[at] === 0) continue;
    const before = batch.tokenIds[at - 1];
    const error = model.weights[before] - batch.returns[at];
    loss += 0.5 * batch.weights[at] * error * error;
    model.gradient[before] += (batch.weights[at] * error) / normalizer;
  }
  return { loss: loss / normalizer, metrics: {} };
}

function requireAligned(batch: TokenBatch): void {
  for (const start of batch.offsets.subarray(0, -1)) {
    if (batch.weights[start] !== 0) {
      throw new MajlisError('entry 0 of a sequence has a weight', { code: 'invalid_argument' });
    }
  }
}
