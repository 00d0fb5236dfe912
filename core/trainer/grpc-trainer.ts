import { resolve } from 'node:path';
import { MajlisError } from '../errors.js';
import { forwardBackwardResultFromMessage, forwardBackwardToParts } from '../rpc/convert-forward-backward.js';
import { forwardResultFromParts, forwardToParts } from '../rpc/convert-forward.js';
import {
  capabilitiesFromMessage,
  createModelToMessage,
  directoryRequestToMessage,
  loadedStepFromMessage,
  modelIdFromMessage,
  optimStepResultFromMessage,
  optimStepToMessage,
  publishedWeightsFromMessage,
  savedCheckpointFromMessage,
  trainerCallToMessage,
} from '../rpc/convert-trainer-call.js';
import type { Clock } from '../runtime/clock.js';
import { systemClock } from '../runtime/clock.js';
import { TrainerConnection } from './grpc/trainer-connection.js';
import type { UnaryMethod } from './grpc/trainer-connection.js';
import type {
  CheckpointRequest,
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
  TokenBatch,
  Trainer,
  TrainerCall,
  TrainerCapabilities,
} from './trainer.js';

/** How long calls may take, in milliseconds. */
export interface TrainerDeadlines {
  /** To find the trainer listening at all. */
  readonly connectMs: number;
  /** For any call. */
  readonly baseMs: number;
  /** On top, for each token on its way through a model, other calls' tokens included: a trainer does one after the other. */
  readonly msPerToken: number;
  /** On top, for what reads or writes a model's files, or steps all of its weights. */
  readonly modelMs: number;
}

export interface GrpcTrainerOptions {
  /** host:port. */
  readonly address: string;
  readonly clock?: Clock;
  readonly deadlines?: Partial<TrainerDeadlines>;
}

const DEADLINES: TrainerDeadlines = { connectMs: 30_000, baseMs: 60_000, msPerToken: 20, modelMs: 600_000 };
/** Waits before a call is sent again over a connection that was lost. */
const RETRY_MS: readonly number[] = [100, 300, 900, 2700];

/**
 * A trainer in another process, over gRPC. A call whose connection was lost is sent again: the trainer answers what it has
 * already done from memory, and one that was started again meanwhile refuses with reason `restarted`. Only making and
 * deleting models is not repeated. Both must see the same folders under the same names.
 */
export class GrpcTrainer implements Trainer {
  private tokensUnderWay = 0;

  private constructor(
    private readonly connection: TrainerConnection,
    private readonly deadlines: TrainerDeadlines,
    private readonly clock: Clock,
  ) {}

  /** Waits for the trainer and takes note of its incarnation; `unavailable` where none listens. */
  static async connect(options: GrpcTrainerOptions): Promise<GrpcTrainer> {
    const { address, clock = systemClock } = options;
    const deadlines = { ...DEADLINES, ...options.deadlines };
    const connection = new TrainerConnection(address, clock);
    try {
      await connection.ready(deadlines.connectMs);
      const trainer = new GrpcTrainer(connection, deadlines, clock);
      connection.meet((await trainer.capabilities()).incarnationId);
      return trainer;
    } catch (failure) {
      connection.close();
      throw failure;
    }
  }

  /** Of whatever answers now: another `incarnationId` than before is a trainer without the models. */
  async capabilities(): Promise<TrainerCapabilities> {
    const { service } = this.connection;
    return capabilitiesFromMessage(
      await this.repeated(() =>
        this.connection.unary(service.getCapabilities.bind(service), {}, this.withinMs()),
      ),
    );
  }

  async createModel(call: TrainerCall, spec: ModelSpec): Promise<ModelId> {
    const { service } = this.connection;
    const request = createModelToMessage(call, { ...spec, base: resolve(spec.base) });
    return modelIdFromMessage(
      await this.connection.unary(service.createModel.bind(service), request, this.modelWithinMs()),
    );
  }

  async forward(call: TrainerCall, request: ForwardRequest): Promise<ForwardResult> {
    return this.streamed(request.batch, (withinMs) =>
      forwardResultFromParts(request, this.connection.forward(forwardToParts(call, request), withinMs)),
    );
  }

  async forwardBackward(call: TrainerCall, request: ForwardBackwardRequest): Promise<ForwardBackwardResult> {
    return this.streamed(request.loss.batch, async (withinMs) =>
      forwardBackwardResultFromMessage(
        await this.connection.forwardBackward(forwardBackwardToParts(call, request), withinMs),
      ),
    );
  }

  async optimStep(call: TrainerCall, request: OptimStepRequest): Promise<OptimStepResult> {
    const { service } = this.connection;
    const message = optimStepToMessage(call, request);
    return optimStepResultFromMessage(await this.onModel(service.optimStep.bind(service), message));
  }

  async publishWeights(call: TrainerCall, request: PublishRequest): Promise<PublishedWeights> {
    const { service } = this.connection;
    const message = directoryRequestToMessage(call, here(request));
    return publishedWeightsFromMessage(await this.onModel(service.publishWeights.bind(service), message));
  }

  async saveCheckpoint(call: TrainerCall, request: CheckpointRequest): Promise<SavedCheckpoint> {
    const { service } = this.connection;
    const message = directoryRequestToMessage(call, here(request));
    return savedCheckpointFromMessage(await this.onModel(service.saveCheckpoint.bind(service), message));
  }

  async loadCheckpoint(call: TrainerCall, request: CheckpointRequest): Promise<{ readonly step: number }> {
    const { service } = this.connection;
    const message = directoryRequestToMessage(call, here(request));
    return loadedStepFromMessage(await this.onModel(service.loadCheckpoint.bind(service), message));
  }

  async deleteModel(call: TrainerCall, modelId: ModelId): Promise<void> {
    const { service } = this.connection;
    const request = { call: trainerCallToMessage(call), modelId };
    await this.connection.unary(service.deleteModel.bind(service), request, this.withinMs());
  }

  /** Ends the connection; the trainer goes on. */
  close(): Promise<void> {
    this.connection.close();
    return Promise.resolve();
  }

  /** A unary call that may be repeated and takes as long as a model is large. */
  private onModel<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
  ): Promise<Response> {
    return this.repeated(() => this.connection.unary(method, request, this.modelWithinMs()));
  }

  private async streamed<Answer>(
    batch: TokenBatch,
    ask: (withinMs: number) => Promise<Answer>,
  ): Promise<Answer> {
    const tokens = batch.tokenIds.length;
    this.tokensUnderWay += tokens;
    try {
      return await this.repeated(() => ask(this.withinMs()));
    } finally {
      this.tokensUnderWay -= tokens;
    }
  }

  private async repeated<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    for (const waitMs of RETRY_MS) {
      try {
        return await ask();
      } catch (failure) {
        if (!(failure instanceof MajlisError) || failure.code !== 'unavailable') throw failure;
        await this.clock.sleep(waitMs);
      }
    }
    return ask();
  }

  private withinMs(): number {
    return this.deadlines.baseMs + this.deadlines.msPerToken * this.tokensUnderWay;
  }

  private modelWithinMs(): number {
    return this.withinMs() + this.deadlines.modelMs;
  }
}

/** Folders are named from where this process stands, which is not where the trainer stands. */
function here(request: CheckpointRequest): CheckpointRequest {
  return { ...request, directory: resolve(request.directory) };
}
