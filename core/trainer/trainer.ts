/**
 * The trainer port: primitives over token tensors, blind to the algorithm. The coordinator owns KL penalties,
 * advantages, whitening, minibatches and normalizers; the trainer owns weights, gradients and optimizer state.
 *
 * Alignment: every per-token tensor is as long as `tokenIds`, and entry t speaks of predicting token t from the
 * tokens before it. Entry 0 of each sequence therefore means nothing: it is 0 in replies and its weight must be 0.
 * A value at t is the critic's estimate of the state just before token t. A score belongs to a whole sequence and
 * is read at its last token.
 *
 * Normalizer: a loss is sum(weight × token loss) / normalizer. The caller supplies it for the whole minibatch, so
 * neither micro-batching nor world size changes a gradient.
 *
 * Fencing: a call whose epoch is lower than the highest seen is `aborted`; a new epoch or step discards gradients
 * that were accumulated and not stepped. `expectedVersion` is the number of optimizer steps the caller believes the
 * model has had; another one is `failed_precondition`.
 *
 * Dedupe: ForwardBackward by (model, step, micro, request hash), OptimStep by (model, step, request hash). The same
 * key with the same request answers again without working again; with another request it is `already_exists`.
 *
 * Order: micro-batches of a step come in order from 0, since their gradients are added in order of arrival; one that
 * is out of order is `failed_precondition`. So is everything after a gradient was discarded, until micro 0 comes again.
 *
 * Numbers that are not finite: a gradient of which that is so is not stepped with. A loss may be answered as it is, or be
 * refused as `out_of_range` with the name of the sequence; then the gradient is discarded. Weights never change by either.
 */
export interface Trainer {
  capabilities(): Promise<TrainerCapabilities>;
  createModel(call: TrainerCall, spec: ModelSpec): Promise<ModelId>;
  /** Once the signal has fired nobody waits for the result: a trainer in another process then rejects with its reason. */
  forward(call: TrainerCall, request: ForwardRequest, signal?: AbortSignal): Promise<ForwardResult>;
  forwardBackward(call: TrainerCall, request: ForwardBackwardRequest): Promise<ForwardBackwardResult>;
  optimStep(call: TrainerCall, request: OptimStepRequest): Promise<OptimStepResult>;
  publishWeights(call: TrainerCall, request: PublishRequest): Promise<PublishedWeights>;
  saveCheckpoint(call: TrainerCall, request: CheckpointRequest): Promise<SavedCheckpoint>;
  loadCheckpoint(call: TrainerCall, request: CheckpointRequest): Promise<LoadedCheckpoint>;
  deleteModel(call: TrainerCall, modelId: ModelId): Promise<void>;
  close(): Promise<void>;
}

export type ModelId = string;
export type Role = 'policy' | 'critic' | 'reference' | 'reward';
export type LossName = LossRequest['type'];

/** Stands in every call. */
export interface TrainerCall {
  readonly run: string;
  readonly epoch: number;
  /** Optimizer steps that the named model is expected to have had; absent where no model is named yet. */
  readonly expectedVersion?: number;
}

export interface TrainerCapabilities {
  readonly engine: string;
  /** Build of the numerical engine and CPU or GPU type: two equal fingerprints compute equal bits. */
  readonly fingerprint: string;
  /** New at every start of the trainer; a change tells the coordinator to reload and replay. */
  readonly incarnationId: string;
  readonly deterministic: boolean;
  readonly roles: readonly Role[];
  readonly losses: readonly LossName[];
  readonly reductions: readonly 'normalized_sum'[];
  readonly adamFields: readonly ('learningRate' | 'betas' | 'eps' | 'weightDecay' | 'clip')[];
  readonly contextLength: number;
  /** What may be trained in place of all weights; empty where that cannot be chosen. */
  readonly adapters: readonly 'lora'[];
  /** What it computes on: `cpu`, `cuda`. */
  readonly device: string;
  /** Type of numbers in matrix products: `float32`, `bfloat16`. */
  readonly dtype: string;
  /** Processes that share the work. */
  readonly ranks: number;
}

/**
 * Low-rank adapters beside frozen weights (Hu et al. 2021, arXiv 2106.09685): W + alpha / rank × B·A, without dropout. B
 * starts at zero, so that a new adapter changes nothing.
 */
export interface LoraSettings {
  readonly rank: number;
  readonly alpha: number;
  /** Ends of the names of linear layers, like `q_proj`; `all-linear` alone is all but the output layer. */
  readonly targetModules: readonly string[];
}

export interface ModelSpec {
  readonly role: Role;
  /** A Hugging Face directory; where `lora` is among the capabilities, also a PEFT adapter's, which names its base. */
  readonly base: string;
  /** Copy weights from this model instead of `base`'s; architecture still comes from `base`. */
  readonly initFrom?: ModelId;
  /** Output heads: 1 for a critic, the number of bootstrap heads for a reward model, 0 otherwise. New heads are zero. */
  readonly heads: number;
  /** Of what starts at random: the first factor of adapters. */
  readonly seed: number;
  /** Trains adapters and new heads only; absent trains all weights. What is published is then an adapter's directory. */
  readonly lora?: LoraSettings;
}

/** Ragged sequences, packed: sequence s owns entries offsets[s] … offsets[s + 1] − 1. */
export interface TokenBatch {
  /** [token] */
  readonly tokenIds: Int32Array;
  /** [sequence + 1] */
  readonly offsets: Int32Array;
  /** Loss weight of each token. [token] */
  readonly weights: Float32Array;
  /** Logits are divided by it before every log-softmax. */
  readonly temperature: number;
}

export interface PolicyBatch extends TokenBatch {
  /** [token] */
  readonly advantages: Float32Array;
  /** [token] */
  readonly oldLogProbs: Float32Array;
  /** Needed for a KL loss. [token] */
  readonly referenceLogProbs?: Float32Array;
}

export interface ValueBatch extends TokenBatch {
  /** Values when the batch was collected. [token] */
  readonly oldValues: Float32Array;
  /** [token] */
  readonly returns: Float32Array;
}

/** Pairs point at sequences of the batch. `weights` of the tokens is ignored by pair losses on scores. */
export interface PairBatch extends TokenBatch {
  /** Index of each pair's first and second sequence. [pair] */
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Probability that the first is preferred. [pair] */
  readonly labels: Float32Array;
  /** Subtracted from the score difference, in the label's direction. [pair] */
  readonly margins?: Float32Array;
  /** Added to the logit: nuisance features that are zero at inference. [pair] */
  readonly logitOffsets?: Float32Array;
  /** Weight of each pair for each head. [pair × head] */
  readonly pairWeights: Float32Array;
}

export type KlKind = 'k1' | 'k2' | 'k3';

export interface PpoLossConfig {
  readonly epsLow: number;
  readonly epsHigh: number;
  /** Lower bound c of the dual clip for negative advantages (Ye et al. 2020); absent switches it off. */
  readonly dualClip?: number;
  readonly ratio: 'token' | 'sequence';
  readonly entropyCoef: number;
  readonly kl?: { readonly kind: KlKind; readonly coef: number };
}

export type LossRequest =
  | { readonly type: 'cross_entropy'; readonly batch: TokenBatch }
  | { readonly type: 'ppo'; readonly batch: PolicyBatch; readonly config: PpoLossConfig }
  | { readonly type: 'value'; readonly batch: ValueBatch; readonly config: { readonly clip?: number } }
  | {
      readonly type: 'bradley_terry';
      readonly batch: PairBatch;
      readonly config: { readonly centring: number };
    }
  | {
      readonly type: 'dpo';
      /** [sequence] sums over weighted tokens of the reference policy's log-probs. */
      readonly batch: PairBatch & { readonly referenceSums: Float32Array };
      readonly config: { readonly beta: number };
    };

export type ForwardWant = 'log_probs' | 'entropy' | 'values' | 'scores' | 'kl';

/** Tokens whose weight is 0 are not computed and stay 0 in the reply; `scores` need no weights. */
export interface ForwardRequest {
  readonly modelId: ModelId;
  readonly batch: TokenBatch;
  readonly want: readonly ForwardWant[];
  /** For `kl`: the model whose distribution is the second argument. */
  readonly against?: ModelId;
}

/** Per-token arrays follow the batch's packing. Only what was wanted is present. */
export interface ForwardResult {
  readonly logProbs?: Float32Array;
  readonly entropy?: Float32Array;
  readonly values?: Float32Array;
  /** Exact KL(model ‖ against) over the whole vocabulary, in nats. [token] */
  readonly kl?: Float32Array;
  /** [sequence × head] */
  readonly scores?: Float32Array;
}

export interface ForwardBackwardRequest {
  readonly modelId: ModelId;
  /** Optimizer steps taken before this one. */
  readonly step: number;
  /** Place of this micro-batch in the step, from 0. */
  readonly micro: number;
  readonly loss: LossRequest;
  readonly normalizer: number;
}

/**
 * Metrics travel as sums with counts, so that they add up over micro-batches and ranks. Counts are tokens whose weight
 * is not 0. `ppo` reports `approximateKl` ((ρ − 1) − log ρ, in nats), `clipped`, `entropy` and `ratio`; `value` reports
 * `clipped`. A trainer may report more, and a caller does without what is absent.
 */
export type MetricSums = Readonly<Record<string, { readonly sum: number; readonly count: number }>>;

export interface ForwardBackwardResult {
  /** Already divided by the normalizer: adds up over micro-batches to the minibatch loss. */
  readonly loss: number;
  readonly metrics: MetricSums;
}

export interface OptimStepRequest {
  readonly modelId: ModelId;
  readonly step: number;
  readonly learningRate: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
  /** Global gradient norm is scaled down to it; absent means no clipping. */
  readonly clip?: number;
}

export interface OptimStepResult {
  readonly gradNorm: number;
  /** A non-finite gradient norm skips the step: weights and moments stay as they were. */
  readonly skipped: boolean;
  /** Steps the model has now had (a skipped one counts, so that versions stay in lockstep). */
  readonly version: number;
}

export interface PublishRequest {
  readonly modelId: ModelId;
  /** Directory to write a Hugging Face model or a PEFT adapter into; it appears whole or not at all. */
  readonly directory: string;
}

export interface PublishedWeights {
  readonly directory: string;
  /** sha256 of model.safetensors, or of an adapter's adapter_model.safetensors. */
  readonly sha256: string;
  readonly bytes: number;
}

export interface CheckpointRequest {
  readonly modelId: ModelId;
  readonly directory: string;
}

export interface SavedCheckpoint {
  readonly sha256: string;
  readonly bytes: number;
  readonly step: number;
}

export interface LoadedCheckpoint {
  /** Of the weights as they were read, the same that saving them gave. */
  readonly sha256: string;
  readonly step: number;
}
