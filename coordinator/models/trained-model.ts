import type { SavedModel } from '../../core/domain/checkpoint.js';
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
    private readonly spec: ModelSpec,
    private modelId: ModelId,
  ) {}

  static async create(trainer: Trainer, session: TrainerSession, spec: ModelSpec): Promise<TrainedModel> {
    return new TrainedModel(trainer, session, spec, await trainer.createModel(session, spec));
  }

  get id(): ModelId {
    return this.modelId;
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

  /** Saves weights, moments and step; the folder appears whole or not at all. */
  async save(directory: string): Promise<SavedModel & { readonly bytes: number }> {
    const saved = await this.trainer.saveCheckpoint(this.call(), { modelId: this.id, directory });
    const { sha256, step, bytes } = saved;
    return { directory, sha256, step, bytes };
  }

  /** Goes on from what was saved. */
  async load(saved: SavedModel): Promise<void> {
    const request = { modelId: this.id, directory: saved.directory };
    const { step } = await this.trainer.loadCheckpoint(this.call(), request);
    if (step !== saved.step) {
      throw new MajlisError(`${saved.directory} is of step ${step}, its manifest says ${saved.step}`, {
        code: 'data_loss',
      });
    }
    this.steps = step;
  }

  /** Begins anew from the weights in a Hugging Face directory: no optimizer moments, step 0. */
  async restart(base: string): Promise<void> {
    const old = this.call();
    const oldId = this.id;
    this.modelId = await this.trainer.createModel(this.session, { ...this.spec, base });
    this.steps = 0;
    await this.trainer.deleteModel(old, oldId);
  }

  /**
   * The model as it was created, in a trainer that may have lost it: its own base, no moments, step 0. What is left of the
   * one before is freed.
   */
  async createAgain(): Promise<void> {
    await this.trainer.deleteModel(this.session, this.modelId).catch((thrown: unknown) => {
      if (MajlisError.from(thrown).code !== 'not_found') throw thrown;
    });
    this.modelId = await this.trainer.createModel(this.session, this.spec);
    this.steps = 0;
  }

  async delete(): Promise<void> {
    await this.trainer.deleteModel(this.call(), this.id);
  }

  private call(): TrainerSession & { readonly expectedVersion: number } {
    return { ...this.session, expectedVersion: this.steps };
  }
}
