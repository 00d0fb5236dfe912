import type { CallOptions, ClientUnaryCall, Metadata, ServiceError } from '@grpc/grpc-js';
import { JudgeServiceClient } from '../../proto/gen/majlis/v1/judge.js';
import type { SpendFilter } from '../../core/judgements/judgement-store.js';
import { bearerMetadata } from '../../core/rpc/bearer-token.js';
import { fromGrpcStatus } from '../../core/rpc/status.js';
import { channelTrust } from '../../core/rpc/tls-credentials.js';
import { traceClientCalls } from '../../core/rpc/trace-calls.js';
import type { Clock } from '../../core/runtime/clock.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import type { CertificateFiles } from '../../core/trust/certificate-files.js';
import type { GatewayAnswer, GatewayQuestion } from '../gateway/judge-gateway.js';
import type { JudgeDescription, SpendReport } from './convert-judge.js';
import {
  judgeRequestToMessage,
  judgeResponseFromMessage,
  servedJudgesFromMessage,
  spendFilterToMessage,
  spendReportFromMessage,
} from './convert-judge.js';

export interface GatewayAddress {
  /** host:port. */
  readonly address: string;
  readonly token: string;
  /** Whom to believe; plaintext without it. */
  readonly tls?: CertificateFiles;
  /** Each call is a span, which the gateway's belong to. */
  readonly tracer?: Tracer;
}

type Unary<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

/** Lists and figures are quick; verdicts have their own deadline. */
const ANSWER_MS = 10_000;
/** A gateway that is started again is found again soon. */
const LONGEST_RECONNECT_MS = 2000;

/** JudgeService as a client sees it. Every failed call is a MajlisError with the code of its status. */
export class GatewayClient {
  private readonly client: JudgeServiceClient;
  private readonly metadata: Metadata;
  /** A rubric stands in thousands of requests: its text is made once. */
  private readonly rubricTexts = new WeakMap<object, string>();

  constructor(
    { address, token, tls, tracer = NO_TRACING }: GatewayAddress,
    private readonly clock: Clock,
  ) {
    this.metadata = bearerMetadata(token);
    const trust = channelTrust(address, tls);
    this.client = new JudgeServiceClient(address, trust.credentials, {
      ...trust.options,
      // A proxy of the environment is for the outside.
      'grpc.enable_http_proxy': 0,
      // Connections of its own: another client's failed ones do not make this one wait.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_reconnect_backoff_ms': LONGEST_RECONNECT_MS,
      interceptors: traceClientCalls(tracer),
    });
  }

  async judges(): Promise<readonly JudgeDescription[]> {
    const method = this.client.listJudges.bind(this.client);
    return servedJudgesFromMessage(await this.ask(method, {}, { withinMs: ANSWER_MS }));
  }

  /** The verdict, within that time; an abort is `cancelled`. */
  async judge(question: GatewayQuestion, withinMs: number, signal?: AbortSignal): Promise<GatewayAnswer> {
    const { rubric } = question.request;
    const text = this.rubricTexts.get(rubric) ?? JSON.stringify(rubric);
    this.rubricTexts.set(rubric, text);
    const asking = { withinMs, ...(signal === undefined ? {} : { signal }) };
    const method = this.client.judge.bind(this.client);
    return judgeResponseFromMessage(
      question,
      await this.ask(method, judgeRequestToMessage(question, text), asking),
    );
  }

  async spend(filter: SpendFilter): Promise<SpendReport> {
    const method = this.client.getSpend.bind(this.client);
    return spendReportFromMessage(
      await this.ask(method, spendFilterToMessage(filter), { withinMs: ANSWER_MS }),
    );
  }

  close(): void {
    this.client.close();
  }

  private ask<Request, Response>(
    method: Unary<Request, Response>,
    request: Request,
    { withinMs, signal }: { readonly withinMs: number; readonly signal?: AbortSignal },
  ): Promise<Response> {
    const deadline = this.clock.now() + withinMs;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const call = method(request, this.metadata, { deadline }, (error, response) => {
        signal?.removeEventListener('abort', cancel);
        if (error === null) resolve(response);
        else reject(fromGrpcStatus(error));
      });
      const cancel = (): void => call.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
    });
  }
}
