import { MajlisError } from '../../core/errors.js';
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
  PublishedWeights,
  PublishRequest,
  SavedCheckpoint,
  Trainer,
  TrainerCall,
  TrainerCapabilities,
} from '../../core/trainer/trainer.js';

/** What becomes of a call: the trainer dies before it does it, or has done it and dies before it says so. */
export type Fate = 'before' | 'after' | 'away' | undefined;

/**
 * A trainer that is started again when it is told to die, without its models, as its client over gRPC sees it: what names a
 * model of the one before is refused with reason `restarted`. `away` is a trainer that its client gave up waiting for.
 */
export class MortalTrainer implements Trainer {
  /** Every call so far, by its name. */
  readonly calls: string[] = [];
  deaths = 0;
  private inner: Trainer;

  constructor(
    private readonly start: () => Trainer,
    private readonly fate: (name: string, at: number) => Fate,
  ) {
    this.inner = start();
  }

  async capabilities(): Promise<TrainerCapabilities> {
    if (this.fate('capabilities', this.calls.length) === 'away') throw away();
    return { ...(await this.inner.capabilities()), incarnationId: String(this.deaths) };
  }

  async createModel(call: TrainerCall, spec: ModelSpec): Promise<ModelId> {
    const id = await this.meet('createModel', () => this.inner.createModel(call, spec), away);
    return `${id}@${this.deaths}`;
  }

  forward(call: TrainerCall, request: ForwardRequest): Promise<ForwardResult> {
    return this.on(request, 'forward', (known) => this.inner.forward(call, known));
  }

  forwardBackward(call: TrainerCall, request: ForwardBackwardRequest): Promise<ForwardBackwardResult> {
    return this.on(request, 'forwardBackward', (known) => this.inner.forwardBackward(call, known));
  }

  optimStep(call: TrainerCall, request: OptimStepRequest): Promise<OptimStepResult> {
    return this.on(request, 'optimStep', (known) => this.inner.optimStep(call, known));
  }

  publishWeights(call: TrainerCall, request: PublishRequest): Promise<PublishedWeights> {
    return this.on(request, 'publishWeights', (known) => this.inner.publishWeights(call, known));
  }

  saveCheckpoint(call: TrainerCall, request: CheckpointRequest): Promise<SavedCheckpoint> {
    return this.on(request, 'saveCheckpoint', (known) => this.inner.saveCheckpoint(call, known));
  }

  loadCheckpoint(call: TrainerCall, request: CheckpointRequest): Promise<LoadedCheckpoint> {
    return this.on(request, 'loadCheckpoint', (known) => this.inner.loadCheckpoint(call, known));
  }

  async deleteModel(call: TrainerCall, modelId: ModelId): Promise<void> {
    const [id, incarnation] = modelId.split('@');
    if (incarnation === String(this.deaths)) await this.inner.deleteModel(call, id);
  }

  async close(): Promise<void> {
    await this.inner.close();
  }

  private on<Request extends { readonly modelId: ModelId }, Answer>(
    request: Request,
    name: string,
    work: (known: Request) => Promise<Answer>,
  ): Promise<Answer> {
    const [id, incarnation] = request.modelId.split('@');
    const known = { ...request, modelId: id };
    return this.meet(
      name,
      async () => {
        if (incarnation !== String(this.deaths)) throw restarted();
        return work(known);
      },
      restarted,
    );
  }

  private async meet<Answer>(
    name: string,
    work: () => Promise<Answer>,
    lost: () => MajlisError,
  ): Promise<Answer> {
    const fate = this.fate(name, this.calls.length);
    this.calls.push(name);
    if (fate === 'away') throw away();
    if (fate === 'before') this.die();
    const answer = await work();
    if (fate !== 'after') return answer;
    this.die();
    throw lost();
  }

  private die(): void {
    this.deaths += 1;
    this.inner = this.start();
  }
}

function restarted(): MajlisError {
  return new MajlisError('The trainer was started again and has lost its models.', {
    code: 'failed_precondition',
    reason: 'restarted',
  });
}

function away(): MajlisError {
  return new MajlisError('No trainer listens there.', { code: 'unavailable' });
}
