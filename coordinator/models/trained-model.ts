import { MajlisError } from '../../core/errors.js';
import type {
  ForwardRequest,
  ForwardResult,
  LossRequest,
  ForwardBackwardResult,
  ModelId,
  ModelSpec,
  OptimStepRequest,
  OptimStepResult,
  PublishedWeights,
  Trainer,
} from '../../core/trainer/trainer.js';

/** Whose calls these are; a lower epoch than the trainer has seen is fenced off. */
export interface TrainerSession {
  readonly run: string;
  readonly epoch: number;
}

/** One of a run's models in the trainer, with the number of optimizer steps it has had. Every call names that number. */
export class TrainedModel {
  private steps = 0;

  private constructor(
    private readonly trainer: Trainer,
    private readonly session: TrainerSession,
    readonly id: ModelId,
  ) {}

  static async create(trainer: Trainer, session: TrainerSession, spec: ModelSpec): Promise<TrainedModel> {
    return new TrainedModel(trainer, session, await trainer.createModel(session, spec));
  }

  /** Optimizer steps taken. */
  get step(): number {
    return this.steps;
  }

  async forward(request: Omit<ForwardRequest, 'modelId'>): Promise<ForwardResult> {
    return this.trainer.forward(this.call(), { ...request, modelId: this.id });
  }

  /** Adds a micro-batch's gradient to the step in progress. */
  async forwardBackward(
    micro: number,
    loss: LossRequest,
    normalizer: number,
  ): Promise<ForwardBackwardResult> {
    const request = { modelId: this.id, step: this.steps, micro, loss, normalizer };
    return this.trainer.forwardBackward(this.call(), request);
  }

  async optimStep(settings: Omit<OptimStepRequest, 'modelId' | 'step'>): Promise<OptimStepResult> {
    const request = { ...settings, modelId: this.id, step: this.steps };
    const result = await this.trainer.optimStep(this.call(), request);
    if (result.version !== this.steps + 1) {
      throw new MajlisError(`model ${this.id} is at step ${result.version} after step ${this.steps + 1}`, {
        code: 'data_loss',
      });
    }
    this.steps = result.version;
    return result;
  }

  async publish(directory: string): Promise<PublishedWeights> {
    return this.trainer.publishWeights(this.call(), { modelId: this.id, directory });
  }

  async delete(): Promise<void> {
    await this.trainer.deleteModel(this.call(), this.id);
  }

  private call(): TrainerSession & { readonly expectedVersion: number } {
    return { ...this.session, expectedVersion: this.steps };
  }
}
