import { MajlisError } from '../../core/errors.js';
import { softBradleyTerry } from '../../core/math/soft-bradley-terry.js';
import type {
  ForwardBackwardRequest,
  ForwardBackwardResult,
  ForwardRequest,
  ForwardResult,
  ModelSpec,
  OptimStepRequest,
  OptimStepResult,
  TokenBatch,
  Trainer,
  TrainerCall,
} from '../../core/trainer/trainer.js';

const VOCABULARY = 64;

/**
 * A trainer whose reward is linear: each head scores a sequence by the sum of its tokens' weights, and a step is plain
 * gradient descent. It records what it was asked, and refuses a version that is not the model's.
 */
export class LinearRewardTrainer implements Trainer {
  readonly losses: ForwardBackwardRequest[] = [];
  readonly steps: OptimStepRequest[] = [];
  readonly forwards: ForwardRequest[] = [];
  spec: ModelSpec | undefined;
  /** [head × token id] */
  weights = new Float64Array(0);
  private gradient = new Float64Array(0);

  async createModel(_call: TrainerCall, spec: ModelSpec): Promise<string> {
    this.spec = spec;
    this.weights = new Float64Array(spec.heads * VOCABULARY);
    this.gradient = new Float64Array(spec.heads * VOCABULARY);
    return 'reward-1';
  }

  async forward(call: TrainerCall, request: ForwardRequest): Promise<ForwardResult> {
    this.requireVersion(call);
    this.forwards.push(request);
    return { scores: this.scores(request.batch) };
  }

  async forwardBackward(call: TrainerCall, request: ForwardBackwardRequest): Promise<ForwardBackwardResult> {
    this.requireVersion(call);
    this.losses.push(request);
    const { loss, normalizer } = request;
    if (loss.type !== 'bradley_terry') return this.refuse();
    const { batch } = loss;
    const heads = this.spec?.heads ?? 0;
    const scores = this.scores(batch);
    let total = 0;
    for (let pair = 0; pair < batch.labels.length; pair += 1) {
      for (let head = 0; head < heads; head += 1) {
        const weight = batch.pairWeights[pair * heads + head] / normalizer;
        const {
          loss: value,
          gradientFirst,
          gradientSecond,
        } = softBradleyTerry({
          scoreFirst: scores[batch.first[pair] * heads + head],
          scoreSecond: scores[batch.second[pair] * heads + head],
          label: batch.labels[pair],
          logitOffset: batch.logitOffsets?.[pair] ?? 0,
          centring: loss.config.centring,
        });
        total += weight * value;
        this.addGradient(batch, batch.first[pair], { head, slope: weight * gradientFirst });
        this.addGradient(batch, batch.second[pair], { head, slope: weight * gradientSecond });
      }
    }
    return { loss: total, metrics: {} };
  }

  async optimStep(call: TrainerCall, request: OptimStepRequest): Promise<OptimStepResult> {
    this.requireVersion(call);
    this.steps.push(request);
    for (let at = 0; at < this.weights.length; at += 1) {
      this.weights[at] -= request.learningRate * this.gradient[at];
    }
    this.gradient.fill(0);
    return { gradNorm: 1, skipped: false, version: this.steps.length };
  }

  capabilities = (): Promise<never> => this.refuse();
  publishWeights = (): Promise<never> => this.refuse();
  saveCheckpoint = (): Promise<never> => this.refuse();
  loadCheckpoint = (): Promise<never> => this.refuse();
  deleteModel = async (): Promise<void> => undefined;
  close = async (): Promise<void> => undefined;

  private scores(batch: TokenBatch): Float32Array {
    const heads = this.spec?.heads ?? 0;
    const scores = new Float32Array((batch.offsets.length - 1) * heads);
    for (let sequence = 0; sequence + 1 < batch.offsets.length; sequence += 1) {
      for (const token of tokensOf(batch, sequence)) {
        for (let head = 0; head < heads; head += 1) {
          scores[sequence * heads + head] += this.weights[head * VOCABULARY + token];
        }
      }
    }
    return scores;
  }

  private addGradient(batch: TokenBatch, sequence: number, at: { head: number; slope: number }): void {
    for (const token of tokensOf(batch, sequence)) this.gradient[at.head * VOCABULARY + token] += at.slope;
  }

  private requireVersion(call: TrainerCall): void {
    if (call.expectedVersion === this.steps.length) return;
    throw new MajlisError(`version ${this.steps.length}, not ${call.expectedVersion}`, {
      code: 'failed_precondition',
    });
  }

  private async refuse(): Promise<never> {
    throw new MajlisError('not part of this fake', { code: 'unimplemented' });
  }
}

function tokensOf(batch: TokenBatch, sequence: number): Int32Array {
  return batch.tokenIds.subarray(batch.offsets[sequence], batch.offsets[sequence + 1]);
}
