import { Metadata } from '@grpc/grpc-js';
import type { CallOptions, ServiceError } from '@grpc/grpc-js';
import { CoordinatorServiceClient } from '../../proto/gen/majlis/v1/coordinator.js';
import type * as wire from '../../proto/gen/majlis/v1/coordinator.js';
import type { Run } from '../../core/domain/run.js';
import type { PoolStatus } from '../../core/domain/pool-status.js';
import type { FleetStatus } from '../../core/domain/worker.js';
import { MajlisError } from '../../core/errors.js';
import { bearerMetadata } from '../../core/rpc/bearer-token.js';
import { poolsFromMessage } from '../../core/rpc/convert-pool.js';
import { fleetFromMessage } from '../../core/rpc/convert-worker.js';
import { runFromMessage } from '../../core/rpc/convert-run.js';
import { SUPPORTED_PROTOCOL } from '../../core/rpc/negotiate-protocol.js';
import { fromGrpcStatus } from '../../core/rpc/status.js';
import { channelTrust } from '../../core/rpc/tls-credentials.js';
import type { Clock } from '../../core/runtime/clock.js';
import type {
  ControlOutcome,
  RollbackRequest,
  RubricRequest,
  RunDescription,
  RunRequest,
  RunSummary,
  WatchItem,
} from '../../coordinator/control/run-control.js';
import {
  createRunToMessage,
  rollBackToMessage,
  rubricRequestToMessage,
} from '../../coordinator/rpc/control-requests.js';
import {
  descriptionFromMessage,
  outcomeFromMessage,
  summaryFromMessage,
  watchItemFromMessage,
} from '../../coordinator/rpc/convert-run-control.js';
import type { ClientTrust } from '../trust/client-trust-flags.js';
import { MOST_MESSAGE_BYTES, SOFTWARE } from './protocol-limits.js';
import type { RunControlClient } from './run-control-client.js';

type Unary<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => unknown;

const GREETING_MS = 3000;
const ANSWER_MS = 60_000;

/** Where a process serves run control, and what it is shown. */
export interface ControlAddress extends ClientTrust {
  /** host:port. */
  readonly address: string;
}

/** Run control of the process that owns the ledger. A watch that is cut off is not taken up again here. */
export class GrpcRunControl implements RunControlClient {
  readonly over = 'process';
  private readonly client: CoordinatorServiceClient;
  private readonly metadata: Metadata;

  constructor(
    { address, token, tls }: ControlAddress,
    private readonly clock: Clock,
  ) {
    this.metadata = token === undefined ? new Metadata() : bearerMetadata(token);
    const trust = channelTrust(address, tls);
    this.client = new CoordinatorServiceClient(address, trust.credentials, {
      ...trust.options,
      // A proxy of the environment is for the outside.
      'grpc.enable_http_proxy': 0,
      'grpc.max_receive_message_length': MOST_MESSAGE_BYTES,
      'grpc.max_send_message_length': MOST_MESSAGE_BYTES,
    });
  }

  /** Asks whether the process is there, knows the token and speaks the protocol. */
  async greet(): Promise<void> {
    const hello = { protocol: SUPPORTED_PROTOCOL, software: SOFTWARE };
    await this.ask(this.client.greet.bind(this.client), { hello }, GREETING_MS);
  }

  async createRun(request: RunRequest): Promise<Run> {
    const response = await this.ask(
      this.client.createRun.bind(this.client),
      createRunToMessage(request),
      ANSWER_MS,
    );
    return runFromMessage(response.run);
  }

  async describeRun(run: string): Promise<RunDescription> {
    const response = await this.ask(this.client.getRun.bind(this.client), { run }, ANSWER_MS);
    return descriptionFromMessage(response);
  }

  async listRuns(options: { readonly withProgress: boolean }): Promise<readonly RunSummary[]> {
    const { runs } = await this.ask(this.client.listRuns.bind(this.client), options, ANSWER_MS);
    return runs.map(summaryFromMessage);
  }

  async listWorkers(): Promise<FleetStatus> {
    return fleetFromMessage(await this.ask(this.client.listWorkers.bind(this.client), {}, ANSWER_MS));
  }

  async listPools(): Promise<readonly PoolStatus[]> {
    return poolsFromMessage(await this.ask(this.client.listPools.bind(this.client), {}, ANSWER_MS));
  }

  async *watchRun(run: string, after: number, signal: AbortSignal): AsyncGenerator<WatchItem> {
    signal.throwIfAborted();
    const stream = this.client.watchRun({ run, afterSequence: after }, this.metadata);
    // The loop below tells of every error while it listens; what comes once it has left is the cancellation itself.
    stream.on('error', () => undefined);
    const cancel = (): void => stream.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      for await (const response of stream as AsyncIterable<wire.WatchRunResponse>) {
        yield watchItemFromMessage(response);
      }
    } catch (thrown) {
      throw isServiceError(thrown) ? fromGrpcStatus(thrown) : thrown;
    } finally {
      signal.removeEventListener('abort', cancel);
      stream.cancel();
    }
  }

  pauseRun(run: string, reason?: string): Promise<ControlOutcome> {
    return this.command(this.client.pauseRun.bind(this.client), { run, reason });
  }

  resumeRun(run: string): Promise<ControlOutcome> {
    return this.command(this.client.resumeRun.bind(this.client), { run });
  }

  cancelRun(run: string, reason?: string): Promise<ControlOutcome> {
    return this.command(this.client.cancelRun.bind(this.client), { run, reason });
  }

  swapRubric(run: string, swap: RubricRequest): Promise<ControlOutcome> {
    return this.command(this.client.swapRubric.bind(this.client), rubricRequestToMessage(run, swap));
  }

  rollBackRun(run: string, to: RollbackRequest): Promise<ControlOutcome> {
    return this.command(this.client.rollBackRun.bind(this.client), rollBackToMessage(run, to));
  }

  shadowRubric(run: string, candidate: RubricRequest): Promise<ControlOutcome> {
    return this.command(this.client.shadowRubric.bind(this.client), rubricRequestToMessage(run, candidate));
  }

  stopShadow(run: string): Promise<ControlOutcome> {
    return this.command(this.client.stopShadow.bind(this.client), { run });
  }

  async close(): Promise<void> {
    this.client.close();
  }

  /** A command is sent once. Where the answer is lost, nobody here knows whether it arrived. */
  private async command<Request extends { readonly run: string }>(
    method: Unary<Request, { readonly outcome: wire.ControlOutcome | undefined }>,
    request: Request,
  ): Promise<ControlOutcome> {
    try {
      return outcomeFromMessage((await this.ask(method, request, ANSWER_MS)).outcome);
    } catch (thrown) {
      if (!(thrown instanceof MajlisError) || !isLostAnswer(thrown)) throw thrown;
      const next = `whether the command arrived, "majlis runs show ${request.run}" tells`;
      throw new MajlisError(`the process gave no answer (${thrown.message}); ${next}`, {
        code: thrown.code,
        cause: thrown,
      });
    }
  }

  private ask<Request, Response>(
    method: Unary<Request, Response>,
    request: Request,
    withinMs: number,
  ): Promise<Response> {
    const deadline = this.clock.now() + withinMs;
    return new Promise((resolve, reject) => {
      method(request, this.metadata, { deadline }, (error, response) => {
        if (error === null) resolve(response);
        else reject(fromGrpcStatus(error));
      });
    });
  }
}

function isLostAnswer({ code }: MajlisError): boolean {
  return code === 'unavailable' || code === 'deadline_exceeded';
}

/** By shape: the error may be of another realm than this module. */
function isServiceError(thrown: unknown): thrown is ServiceError {
  if (typeof thrown !== 'object' || thrown === null) return false;
  return 'code' in thrown && 'details' in thrown && 'metadata' in thrown;
}
