import { resolve } from 'node:path';
import { MajlisError } from '../errors.js';
import { forwardBackwardResultFromMessage, forwardBackwardToParts } from '../rpc/convert-forward-backward.js';
import { forwardResultFromParts, forwardToParts } from '../rpc/convert-forward.js';
import {
  capabilitiesFromMessage,
  createModelToMessage,
  directoryRequestToMessage,
  loadedCheckpointFromMessage,
  modelIdFromMessage,
  optimStepResultFromMessage,
  optimStepToMessage,
  publishedWeightsFromMessage,
  savedCheckpointFromMessage,
  trainerCallToMessage,
} from '../rpc/convert-trainer-call.js';
import type { CertificateFiles } from '../trust/certificate-files.js';
import type { Tracer } from '../telemetry/tracing/tracer.js';
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
  LoadedCheckpoint,
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
  /** What the trainer was started with, where it asks for one. */
  readonly token?: string;
  /** Whom to believe, and what to show; plaintext without it. */
  readonly tls?: CertificateFiles;
  readonly clock?: Clock;
  /** Calls are spans of it; traces nothing unless told. */
  readonly tracer?: Tracer;
  readonly deadlines?: Partial<TrainerDeadlines>;
  /** Waits before a call is sent again over a connection that was lost; four seconds in all unless told. */
  readonly retryMs?: readonly number[];
  /** How long a trainer that went away is waited for after those; not at all unless told. */
  readonly patienceMs?: number;
  /** Ends that patience, and the wait for a trainer that never listened: a call that waits then rejects with an AbortError. */
  readonly signal?: AbortSignal;
  /** Told once each time such waiting begins, and once it is over. */
  readonly onAbsence?: (absence: TrainerAbsence) => void;
}

/** A trainer that a call could not reach for some seconds. */
export interface TrainerAbsence {
  readonly address: string;
  readonly isBack: boolean;
}

const DEADLINES: TrainerDeadlines = { connectMs: 30_000, baseMs: 60_000, msPerToken: 20, modelMs: 600_000 };
/** Waits before a call is sent again over a connection that was lost. */
const RETRY_MS: readonly number[] = [100, 300, 900, 2700];
/** Waits after those, while there is patience. */
const LATER_RETRY_MS = 3000;

/** A model as the trainer knows it. */
interface KnownModel {
  readonly id: ModelId;
  readonly incarnation: string;
}

/**
 * A trainer in another process, over gRPC. A call whose connection was lost is sent again: the trainer answers what it has
 * already done from memory, and one that was started again meanwhile refuses with reason `restarted`. Only making and
 * deleting models is not repeated. Both must see the same folders under the same names.
 *
 * A model's id holds for the incarnation that made it and is never given to a model of another, so whoever still has one of
 * a trainer that is gone is told `restarted`, whatever was made since.
 */
export class GrpcTrainer implements Trainer {
  private tokensUnderWay = 0;
  private isAbsent = false;
  private readonly known = new Map<ModelId, KnownModel>();

  private constructor(
    private readonly connection: TrainerConnection,
    private readonly options: GrpcTrainerOptions,
    private readonly deadlines: TrainerDeadlines,
  ) {}

  /** Waits for the trainer; `unavailable` where none listens, the signal's reason where that fires first. */
  static async connect(options: GrpcTrainerOptions): Promise<GrpcTrainer> {
    const { address, clock = systemClock, token, tls, tracer } = options;
    const deadlines = { ...DEADLINES, ...options.deadlines };
    const connection = new TrainerConnection(address, clock, { token, tls, tracer });
    try {
      await connection.ready(deadlines.connectMs, options.signal);
      return new GrpcTrainer(connection, options, deadlines);
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
        this.connection.unary(service.getCapabilities.bind(service), {}, { withinMs: this.withinMs() }),
      ),
    );
  }

  async createModel(call: TrainerCall, spec: ModelSpec): Promise<ModelId> {
    const { service } = this.connection;
    const source = spec.initFrom === undefined ? undefined : this.modelOf(spec.initFrom);
    const incarnation = source?.incarnation ?? (await this.capabilities()).incarnationId;
    const request = createModelToMessage(call, {
      ...spec,
      base: resolve(spec.base),
      ...(source === undefined ? {} : { initFrom: source.id }),
    });
    const terms = { withinMs: this.modelWithinMs(), incarnation };
    const response = await this.connection.unary(service.createModel.bind(service), request, terms);
    const id = modelIdFromMessage(response);
    const known = `${id}@${incarnation.slice(0, 8)}`;
    this.known.set(known, { id, incarnation });
    return known;
  }

  async forward(call: TrainerCall, request: ForwardRequest, signal?: AbortSignal): Promise<ForwardResult> {
    const { id, incarnation } = this.modelOf(request.modelId);
    const against = request.against === undefined ? {} : { against: this.modelOf(request.against).id };
    const parts = { ...request, ...against, modelId: id };
    const answered = this.streamed(request.batch, (withinMs) =>
      forwardResultFromParts(
        request,
        this.connection.forward(forwardToParts(call, parts), { withinMs, incarnation, signal }),
      ),
    );
    return answered.catch((thrown: unknown) => {
      signal?.throwIfAborted();
      throw thrown;
    });
  }

  async forwardBackward(call: TrainerCall, request: ForwardBackwardRequest): Promise<ForwardBackwardResult> {
    const { id, incarnation } = this.modelOf(request.modelId);
    const parts = { ...request, modelId: id };
    return this.streamed(request.loss.batch, async (withinMs) =>
      forwardBackwardResultFromMessage(
        await this.connection.forwardBackward(forwardBackwardToParts(call, parts), {
          withinMs,
          incarnation,
        }),
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

  async loadCheckpoint(call: TrainerCall, request: CheckpointRequest): Promise<LoadedCheckpoint> {
    const { service } = this.connection;
    const message = directoryRequestToMessage(call, here(request));
    return loadedCheckpointFromMessage(await this.onModel(service.loadCheckpoint.bind(service), message));
  }

  /** A model that went with its trainer is deleted already. */
  async deleteModel(call: TrainerCall, modelId: ModelId): Promise<void> {
    const { service } = this.connection;
    const { id, incarnation } = this.modelOf(modelId);
    const request = { call: trainerCallToMessage(call), modelId: id };
    const terms = { withinMs: this.withinMs(), incarnation };
    try {
      await this.connection.unary(service.deleteModel.bind(service), request, terms);
    } catch (failure) {
      if (!(failure instanceof MajlisError) || failure.reason !== 'restarted') throw failure;
    }
    this.known.delete(modelId);
  }

  /** Ends the connection; the trainer goes on. */
  close(): Promise<void> {
    this.connection.close();
    return Promise.resolve();
  }

  /** A unary call that may be repeated and takes as long as a model is large. */
  private onModel<Request extends { readonly modelId?: ModelId | undefined }, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
  ): Promise<Response> {
    const { id, incarnation } = this.modelOf(request.modelId ?? '');
    return this.repeated(() => {
      const terms = { withinMs: this.modelWithinMs(), incarnation };
      return this.connection.unary(method, { ...request, modelId: id }, terms);
    });
  }

  /** An id that this client did not make is sent as it stands, and refused there. */
  private modelOf(modelId: ModelId): { readonly id: ModelId; readonly incarnation?: string } {
    return this.known.get(modelId) ?? { id: modelId };
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
    const { clock = systemClock, patienceMs = 0, retryMs = RETRY_MS, signal } = this.options;
    const later = Array<number>(Math.ceil(patienceMs / LATER_RETRY_MS)).fill(LATER_RETRY_MS);
    for (const [at, waitMs] of [...retryMs, ...later].entries()) {
      try {
        return this.present(await ask());
      } catch (failure) {
        if (!(failure instanceof MajlisError) || failure.code !== 'unavailable') throw this.present(failure);
        if (at === retryMs.length) this.absent(true);
        await (at < retryMs.length ? clock.sleep(waitMs) : clock.sleep(waitMs, signal));
      }
    }
    return this.present(await ask());
  }

  /** Whatever the trainer answered, it is there. */
  private present<Answer>(answer: Answer): Answer {
    this.absent(false);
    return answer;
  }

  private absent(isAbsent: boolean): void {
    if (this.isAbsent === isAbsent) return;
    this.isAbsent = isAbsent;
    this.options.onAbsence?.({ address: this.options.address, isBack: !isAbsent });
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
