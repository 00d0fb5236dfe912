import { randomUUID } from 'node:crypto';
import { elementCount, gptParameters } from '../../network/gpt/gpt-parameters.js';
import type { Weights } from '../../network/gpt/gpt-parameters.js';
import type { ModelId, ModelSpec } from '../trainer.js';
import type { ModelShape } from './model-graph.js';
import type { SharedFloats, WeightsHandle } from './trainer-task.js';

/** What training adds to a model, made at its first gradient. Flat, like the weights. */
export interface TrainingMemory {
  readonly gradient: SharedFloats;
  readonly mean: SharedFloats;
  readonly variance: SharedFloats;
}

/** A finished call, for answering its repetition. */
export interface AnsweredCall {
  readonly step: number;
  readonly hash: string;
  readonly answer: unknown;
}

export interface ModelStateOptions {
  readonly identity: Pick<ModelState, 'id' | 'run' | 'spec' | 'shape'>;
  /** Parameters that are missing start at zero. */
  readonly weights: Weights;
  readonly epoch: number;
}

/** One model of one run: weights, optimizer state, and what its current step has accumulated. */
export class ModelState {
  readonly id: ModelId;
  readonly run: string;
  readonly spec: ModelSpec;
  readonly shape: ModelShape;
  readonly weights: SharedFloats;
  /** Optimizer steps, skipped ones included. */
  version = 0;
  /** Optimizer steps that were taken: what Adam's bias correction counts. */
  adamSteps = 0;
  /** Micro-batches in the gradient. */
  micros = 0;
  /** The epoch that the gradient belongs to. */
  epoch: number;
  readonly answered = new Map<string, AnsweredCall>();
  /** Settles when everything asked of the model so far is done. */
  tail: Promise<unknown> = Promise.resolve();
  /** Model ids repeat among trainers that share threads; this does not. */
  private readonly key = randomUUID();
  private stamp = 0;
  private training: TrainingMemory | undefined;

  constructor({ identity, weights, epoch }: ModelStateOptions) {
    this.id = identity.id;
    this.run = identity.run;
    this.spec = identity.spec;
    this.shape = identity.shape;
    this.weights = new SharedArrayBuffer(4 * parameterCount(this.shape));
    this.epoch = epoch;
    this.fill(weights);
  }

  get handle(): WeightsHandle {
    return { key: this.key, stamp: this.stamp, values: this.weights };
  }

  /** Says that the weights are no longer those that threads may have copied. */
  touch(): void {
    this.stamp += 1;
  }

  get memory(): TrainingMemory {
    const bytes = this.weights.byteLength;
    this.training ??= {
      gradient: new SharedArrayBuffer(bytes),
      mean: new SharedArrayBuffer(bytes),
      variance: new SharedArrayBuffer(bytes),
    };
    return this.training;
  }

  /** Forgets a gradient that was accumulated and not stepped, with the answers that stood for it. */
  discardGradient(): void {
    this.micros = 0;
    for (const [key, { step }] of this.answered) if (step === this.version) this.answered.delete(key);
  }

  /** A copy of the weights by name. */
  namedWeights(): Weights {
    const flat = new Float32Array(this.weights);
    let from = 0;
    return new Map(
      gptParameters(this.shape.config, this.shape.scoreHeads).map(({ name, shape }) => {
        const values = flat.slice(from, from + elementCount(shape));
        from += values.length;
        return [name, values];
      }),
    );
  }

  private fill(weights: Weights): void {
    const flat = new Float32Array(this.weights);
    let from = 0;
    for (const { name, shape } of gptParameters(this.shape.config, this.shape.scoreHeads)) {
      // What the source lacks is a new head, which is zero.
      const values = weights.get(name);
      if (values !== undefined) flat.set(values, from);
      from += elementCount(shape);
    }
  }
}

function parameterCount({ config, scoreHeads }: ModelShape): number {
  return gptParameters(config, scoreHeads).reduce((sum, { shape }) => sum + elementCount(shape), 0);
}
