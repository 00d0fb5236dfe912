import { Metadata } from '@grpc/grpc-js';
import type { CallOptions, ClientUnaryCall, ServiceError } from '@grpc/grpc-js';
import { TrainerServiceClient } from '../../../proto/gen/majlis/v1/trainer.js';
import type * as wire from '../../../proto/gen/majlis/v1/trainer.js';
import { MajlisError } from '../../errors.js';
import { bearerMetadata } from '../../rpc/bearer-token.js';
import { fromGrpcStatus } from '../../rpc/status.js';
import { channelTrust } from '../../rpc/tls-credentials.js';
import { traceClientCalls } from '../../rpc/trace-calls.js';
import { NO_TRACING } from '../../telemetry/tracing/no-tracing.js';
import type { Tracer } from '../../telemetry/tracing/tracer.js';
import type { Clock } from '../../runtime/clock.js';
import type { CertificateFiles } from '../../trust/certificate-files.js';

/**
 * Calls of one trainer service, each within its time. Every failed call is a MajlisError with the code of its status.
 *
 * A call names the incarnation that it is meant for, so that a trainer which was started again, and has none of the models,
 * refuses it rather than confusing one model with another of the same id: `failed_precondition`, reason `restarted`.
 */

/** How one call is made. */
export interface CallTerms {
  readonly withinMs: number;
  /** The incarnation that it is meant for; absent where any may answer. */
  readonly incarnation?: string | undefined;
  /** Gives the call up; of calls that stream their reply. */
  readonly signal?: AbortSignal | undefined;
}

/** In a call's metadata: the incarnation it is meant for. In a refusal's trailer: the one that answered. */
export const INCARNATION_KEY = 'majlis-incarnation';

const LONGEST_RECONNECT_MS = 2000;

/** A unary method of the service, bound to it. */
export type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

/** How often a wait for the trainer looks whether it is still wanted. */
const LOOK_MS = 250;

/** A call that can be given up. */
interface EndableCall {
  cancel(): void;
}

/** A connection to a trainer. */
export class TrainerConnection {
  readonly service: TrainerServiceClient;
  private readonly underWay = new Set<EndableCall>();

  constructor(
    readonly address: string,
    private readonly clock: Clock,
    private readonly terms: {
      readonly token?: string | undefined;
      readonly tls?: CertificateFiles | undefined;
      readonly tracer?: Tracer | undefined;
    },
  ) {
    const trust = channelTrust(address, terms.tls);
    this.service = new TrainerServiceClient(address, trust.credentials, {
      ...trust.options,
      // A proxy of the environment is for the outside.
      'grpc.enable_http_proxy': 0,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_reconnect_backoff_ms': LONGEST_RECONNECT_MS,
      interceptors: traceClientCalls(terms.tracer ?? NO_TRACING),
    });
  }

  /** Waits for the trainer to listen; `unavailable` when it does not within that time, the signal's reason once that fires. */
  async ready(withinMs: number, signal?: AbortSignal): Promise<void> {
    const deadline = this.clock.now() + withinMs;
    for (;;) {
      if (signal?.aborted === true) throw MajlisError.from(signal.reason);
      // gRPC's own wait cannot be given up, and keeps a process alive until it ends.
      const failure = await this.listens(Math.min(deadline, this.clock.now() + LOOK_MS));
      if (failure === undefined) return;
      if (this.clock.now() < deadline) continue;
      throw new MajlisError(
        `No trainer listens on ${this.address}. Next: start one there, or name the host:port of one that listens.`,
        { code: 'unavailable', cause: failure },
      );
    }
  }

  private listens(deadline: number): Promise<Error | undefined> {
    return new Promise((resolve) => this.service.waitForReady(deadline, resolve));
  }

  unary<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
    terms: CallTerms,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const call = method(request, this.metadata(terms), this.options(terms), (error, response) => {
        this.underWay.delete(call);
        if (error === null) resolve(response);
        else reject(this.failure(error));
      });
      this.underWay.add(call);
    });
  }

  forwardBackward(
    parts: Iterable<wire.ForwardBackwardRequest>,
    terms: CallTerms,
  ): Promise<wire.ForwardBackwardResponse> {
    return new Promise((resolve, reject) => {
      const call = this.service.forwardBackward(
        this.metadata(terms),
        this.options(terms),
        (error, response) => {
          this.underWay.delete(call);
          if (error === null) resolve(response);
          else reject(this.failure(error));
        },
      );
      this.underWay.add(call);
      send(call, parts[Symbol.iterator]());
    });
  }

  /** The messages of the reply, while the caller reads them. */
  async *forward(
    parts: Iterable<wire.ForwardRequest>,
    terms: CallTerms,
  ): AsyncGenerator<wire.ForwardResponse> {
    const call = this.service.forward(this.metadata(terms), this.options(terms));
    // The loop below tells of every error while it listens; what comes once it has left is the cancellation itself.
    call.on('error', () => undefined);
    this.underWay.add(call);
    const giveUp = (): void => call.cancel();
    terms.signal?.addEventListener('abort', giveUp, { once: true });
    send(call, parts[Symbol.iterator]());
    try {
      if (terms.signal?.aborted === true) giveUp();
      yield* call as AsyncIterable<wire.ForwardResponse>;
    } catch (thrown) {
      throw isServiceError(thrown) ? this.failure(thrown) : thrown;
    } finally {
      terms.signal?.removeEventListener('abort', giveUp);
      this.underWay.delete(call);
      call.cancel();
    }
  }

  /** Calls that are under way are `cancelled`: one to a trainer that says nothing would keep the process for its whole time. */
  close(): void {
    for (const call of this.underWay) call.cancel();
    this.service.close();
  }

  private metadata({ incarnation }: CallTerms): Metadata {
    const { token } = this.terms;
    const metadata = token === undefined ? new Metadata() : bearerMetadata(token);
    if (incarnation !== undefined) metadata.set(INCARNATION_KEY, incarnation);
    return metadata;
  }

  private options({ withinMs }: CallTerms): Partial<CallOptions> {
    return { deadline: this.clock.now() + withinMs };
  }

  private failure(error: ServiceError): MajlisError {
    const failure = fromGrpcStatus(error);
    const [answered] = error.metadata.get(INCARNATION_KEY);
    if (answered === undefined) return failure;
    return restarted(this.address, failure);
  }
}

/** The refusal of a call for a model that went with an earlier incarnation. */
function restarted(address: string, cause?: unknown): MajlisError {
  return new MajlisError(
    `The trainer at ${address} was started again and has lost its models; load the newest checkpoint and go on from there.`,
    { code: 'failed_precondition', reason: 'restarted', cause },
  );
}

interface PartWriter<Part> {
  write(part: Part): boolean;
  end(): void;
  once(event: 'drain', listener: () => void): unknown;
}

/** Writes as fast as the other side takes it. Where the call ends first, its outcome says why. */
function send<Part>(call: PartWriter<Part>, parts: Iterator<Part, unknown>): void {
  for (let next = parts.next(); next.done !== true; next = parts.next()) {
    if (call.write(next.value)) continue;
    call.once('drain', () => send(call, parts));
    return;
  }
  call.end();
}

function isServiceError(thrown: unknown): thrown is ServiceError {
  return thrown instanceof Error && 'code' in thrown && 'details' in thrown && 'metadata' in thrown;
}
