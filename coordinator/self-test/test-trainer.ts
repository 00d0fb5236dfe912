/**
 * Whether a trainer computes what the port says, before a run is entrusted to it: a wrong reduction, temperature or alignment
 * trains without a complaint, and wrongly.
 *
 * - Models are throw-away, and no step has a learning rate: nothing of the run is touched.
 * - Expected numbers are the trainer's own log-probabilities put into the port's formulas, and what follows without any model:
 *   a temperature without bounds makes every token as likely, a policy and its frozen copy agree, a doubled normalizer halves
 *   a gradient, and micro-batches add up to the whole.
 */
import { MajlisError } from '../../core/errors.js';
import type {
  ForwardBackwardResult,
  LossName,
  LossRequest,
  ModelId,
  ModelSpec,
  PairBatch,
  Role,
  TokenBatch,
  Trainer,
  TrainerCall,
  TrainerCapabilities,
} from '../../core/trainer/trainer.js';
import { SELF_TEST_SEQUENCES, selfTestBatch, sequenceOf } from './self-test-batch.js';

export interface SelfTestOptions {
  readonly trainer: Trainer;
  /** Of a run of its own. */
  readonly call: TrainerCall;
  /** The Hugging Face directory that the run begins with. */
  readonly base: string;
  /** Rows of the model's output layer. */
  readonly vocabulary: number;
  /** The run's. */
  readonly temperature: number;
  /** Adapters in place of all weights, as the run trains. */
  readonly lora?: ModelSpec['lora'];
}

/** Largest differences: of log-probabilities and losses, and of gradient norms, relatively. */
interface Tolerance {
  readonly number: number;
  readonly norm: number;
}

const TOLERANCE: Tolerance = { number: 1e-3, norm: 5e-3 };
/** Eight bits of mantissa in matrix products. */
const COARSE: Tolerance = { number: 0.05, norm: 0.1 };
/** Logits divided by it are 0. */
const NO_OPINION = 1e6;
const UNMOVING = { learningRate: 0, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 } as const;
const NORMALIZER = 10;

/** Rejects with `failed_precondition` and one sentence where the trainer does not compute what it says it does. */
export async function testTrainer(options: SelfTestOptions): Promise<void> {
  const capabilities = await options.trainer.capabilities();
  const test = new SelfTest(options, capabilities);
  const has = (role: Role, loss: LossName): boolean =>
    capabilities.roles.includes(role) && capabilities.losses.includes(loss);
  await test.on('policy', 0, async (id) => {
    await test.logProbs(id);
    if (capabilities.losses.includes('cross_entropy')) await test.gradients(id);
    if (capabilities.losses.includes('ppo')) await test.policyLoss(id);
  });
  if (has('critic', 'value')) await test.on('critic', 1, (id) => test.valueLoss(id));
  if (has('reward', 'bradley_terry')) await test.on('reward', 2, (id) => test.pairLoss(id));
}

class SelfTest {
  private readonly batch: TokenBatch;
  private readonly tolerance: Tolerance;
  /** Steps that the model in hand has had. */
  private steps = 0;

  constructor(
    private readonly options: SelfTestOptions,
    private readonly capabilities: TrainerCapabilities,
  ) {
    this.batch = selfTestBatch(options.vocabulary, options.temperature);
    this.tolerance = capabilities.dtype === 'float32' ? TOLERANCE : COARSE;
  }

  /** Lends a new model. */
  async on(role: Role, heads: number, work: (id: ModelId) => Promise<void>): Promise<void> {
    const { trainer, call, base, lora } = this.options;
    const isTrained = role !== 'reference' && lora !== undefined;
    const spec = { role, base, heads, seed: 1, ...(isTrained ? { lora } : {}) };
    const id = await trainer.createModel(call, spec);
    this.steps = 0;
    try {
      await work(id);
    } finally {
      await trainer.deleteModel(call, id);
    }
  }

  /** Aligned, of the temperature that was asked for, and the same from a frozen copy. */
  async logProbs(id: ModelId): Promise<void> {
    const { weights } = this.batch;
    const own = await this.logProbsOf(id);
    const idle = own.filter((_, at) => weights[at] === 0);
    this.require('log-probs of tokens without weight', largest(idle), 0);
    await this.on('reference', 0, async (reference) => {
      const frozen = await this.logProbsOf(reference);
      const what = 'log-probs of a policy less those of a frozen reference of the same weights';
      this.require(what, largest(own.map((value, at) => value - frozen[at])), 0);
    });
    const flat = await this.logProbsOf(id, NO_OPINION);
    const uniform = -Math.log(this.options.vocabulary);
    const away = flat.map((value, at) => (weights[at] === 0 ? 0 : value - uniform));
    this.require('log-probs under a temperature of a million, less those of chance', largest(away), 0);
  }

  /** Micro-batches add up to the whole, the normalizer is the caller's, and no learning rate is no step. */
  async gradients(id: ModelId): Promise<void> {
    const before = await this.logProbsOf(id);
    const expected = -sum(this.batch.weights.map((weight, at) => weight * before[at])) / NORMALIZER;
    const whole = await this.crossEntropy(id, [this.batch]);
    this.require('the loss cross_entropy, from Forward’s log-probs', whole.loss, expected);
    const after = await this.logProbsOf(id);
    const moved = largest(after.map((value, at) => value - before[at]));
    this.require('log-probs after a step of learning rate 0, less those before', moved, 0);
    const pieces = Array.from({ length: SELF_TEST_SEQUENCES }, (_, at) => sequenceOf(this.batch, at));
    const together = await this.crossEntropy(id, pieces);
    this.require('the loss of micro-batches together', together.loss, expected);
    this.requireNorm('the gradient norm of micro-batches together', together.gradNorm, whole.gradNorm);
    const halved = await this.crossEntropy(id, [this.batch], 2 * NORMALIZER);
    this.requireNorm('the gradient norm under twice the normalizer', halved.gradNorm, whole.gradNorm / 2);
  }

  /** ForwardBackward and Forward mean the same log-probs: their ratio is 1. */
  async policyLoss(id: ModelId): Promise<void> {
    const { weights } = this.batch;
    const advantages = weights.map((_, at) => Math.sin(at) + 0.5);
    const batch = { ...this.batch, advantages, oldLogProbs: await this.logProbsOf(id) };
    const config = { epsLow: 0.2, epsHigh: 0.2, ratio: 'token', entropyCoef: 0 } as const;
    const { loss, metrics } = await this.backward(id, { type: 'ppo', batch, config });
    const { ratio } = metrics;
    if (ratio !== undefined) {
      this.require('the ratio of ForwardBackward’s to Forward’s log-probs', ratio.sum / ratio.count, 1);
    }
    const expected = -sum(weights.map((weight, at) => weight * advantages[at])) / NORMALIZER;
    this.require('the loss ppo where the policy has not moved', loss, expected);
  }

  /** ½(V − R)², from Forward's values. */
  async valueLoss(id: ModelId): Promise<void> {
    const request = { modelId: id, batch: this.batch, want: ['values'] as const };
    const { values } = await this.options.trainer.forward(this.call(), request);
    if (values === undefined) throw this.failure('no values where they were wanted');
    const { weights } = this.batch;
    const returns = weights.map((_, at) => Math.cos(at));
    const batch = { ...this.batch, oldValues: values, returns };
    const { loss } = await this.backward(id, { type: 'value', batch, config: {} });
    const errors = weights.map((weight, at) => (weight * (values[at] - returns[at]) ** 2) / 2);
    this.require('the loss value, from Forward’s values', loss, sum(errors) / NORMALIZER);
  }

  /** A new reward model has no opinion: every pair costs ln 2. */
  async pairLoss(id: ModelId): Promise<void> {
    const batch: PairBatch = {
      ...this.batch,
      first: Int32Array.of(0, 2),
      second: Int32Array.of(1, 3),
      labels: Float32Array.of(1, 0.25),
      pairWeights: Float32Array.of(1, 0, 2, 1),
    };
    const { loss } = await this.backward(id, { type: 'bradley_terry', batch, config: { centring: 0 } });
    this.require('the loss bradley_terry of a new reward model', loss, (4 * Math.LN2) / NORMALIZER);
  }

  /** The summed loss of micro-batches, and the gradient norm of the step after them, which moves nothing. */
  private async crossEntropy(
    modelId: ModelId,
    pieces: readonly TokenBatch[],
    normalizer = NORMALIZER,
  ): Promise<{ readonly loss: number; readonly gradNorm: number }> {
    let total = 0;
    for (const [micro, batch] of pieces.entries()) {
      const loss: LossRequest = { type: 'cross_entropy', batch };
      total += (await this.backward(modelId, loss, { micro, normalizer })).loss;
    }
    const request = { modelId, step: this.steps, ...UNMOVING };
    const { gradNorm, version } = await this.options.trainer.optimStep(this.call(), request);
    this.steps += 1;
    this.require('the version after a step', version, this.steps);
    return { loss: total, gradNorm };
  }

  private backward(
    modelId: ModelId,
    loss: LossRequest,
    { micro = 0, normalizer = NORMALIZER }: { readonly micro?: number; readonly normalizer?: number } = {},
  ): Promise<ForwardBackwardResult> {
    const request = { modelId, step: this.steps, micro, normalizer, loss };
    return this.options.trainer.forwardBackward(this.call(), request);
  }

  private call(): TrainerCall {
    return { ...this.options.call, expectedVersion: this.steps };
  }

  private async logProbsOf(modelId: ModelId, temperature = this.batch.temperature): Promise<Float32Array> {
    const batch = { ...this.batch, temperature };
    const request = { modelId, batch, want: ['log_probs'] as const };
    const { logProbs } = await this.options.trainer.forward(this.call(), request);
    if (logProbs?.length === batch.tokenIds.length) return logProbs;
    throw this.failure(`${logProbs?.length ?? 'no'} log-probs for ${batch.tokenIds.length} tokens`);
  }

  private require(what: string, found: number, expected: number): void {
    this.requireWithin({ what, found, expected }, this.tolerance.number * Math.max(1, Math.abs(expected)));
  }

  private requireNorm(what: string, found: number, expected: number): void {
    this.requireWithin({ what, found, expected }, this.tolerance.norm * expected);
  }

  private requireWithin({ what, found, expected }: Comparison, allowed: number): void {
    // Written so that a NaN is refused.
    if (Math.abs(found - expected) <= allowed) return;
    const away = `${figure(found)} where ${figure(expected)} ± ${figure(allowed)} belongs`;
    throw this.failure(`${what}: ${away}`);
  }

  private failure(what: string): MajlisError {
    const message = `The trainer ${this.capabilities.engine} does not compute what the trainer port says (docs/trainers.md): ${what}.`;
    return new MajlisError(message, { code: 'failed_precondition' });
  }
}

interface Comparison {
  readonly what: string;
  readonly found: number;
  readonly expected: number;
}

/** The value furthest from 0; NaN where there is one. */
function largest(values: Float32Array): number {
  return values.reduce((found, value) => (Math.abs(value) <= Math.abs(found) ? found : value), 0);
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}
