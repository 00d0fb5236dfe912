/**
 * JudgeService over the gateway. Requests are checked here and nowhere after; what the gateway throws becomes the call's
 * status.
 */
import { JudgeServiceService } from '../../proto/gen/majlis/v1/judge.js';
import type * as wire from '../../proto/gen/majlis/v1/judge.js';
import { handleUnary } from '../../core/rpc/handle-unary.js';
import type { RpcService } from '../../core/rpc/server.js';
import { traceRequest } from '../../core/rpc/trace-calls.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import type { JudgeGateway } from '../gateway/judge-gateway.js';
import {
  judgeRequestFromMessage,
  judgeResponseToMessage,
  servedJudgeToMessage,
  spendFilterFromMessage,
  spendReportToMessage,
} from './convert-judge.js';
import { serveJudgeStream } from './judge-stream.js';
import { ReceivedRubrics } from './received-rubric.js';

export interface JudgeServiceOptions {
  readonly gateway: JudgeGateway;
  /** Of every sum, for example `USD`. */
  readonly currency: string;
  /** Name and version of the software, for logs of the peer. */
  readonly software: string;
  /** Fires when the process stops: streams end once their requests are answered. */
  readonly stopping: AbortSignal;
  readonly tracer?: Tracer;
}

const STREAM = JudgeServiceService.judgeStream.path.slice(1);

/** The service as a server takes it. */
export function judgeService({
  gateway,
  currency,
  software,
  stopping,
  tracer = NO_TRACING,
}: JudgeServiceOptions): RpcService {
  const rubrics = new ReceivedRubrics();
  const answer = async (
    request: wire.JudgeRequest | undefined,
    signal: AbortSignal,
  ): Promise<wire.JudgeResponse> =>
    judgeResponseToMessage(await gateway.judge(judgeRequestFromMessage(request, rubrics), signal));
  const implementation: wire.JudgeServiceServer = {
    listJudges: handleUnary(async () => ({ judges: gateway.served().map(servedJudgeToMessage) })),
    judge: handleUnary(answer),
    judgeStream: (call) =>
      void serveJudgeStream(call, {
        ...{ software, stopping },
        answer: (request, signal, traceparent) =>
          traceRequest(tracer, { method: STREAM, traceparent }, () => answer(request, signal)),
      }),
    getSpend: handleUnary(async (request: wire.GetSpendRequest) =>
      spendReportToMessage({ currency, spend: await gateway.spend(spendFilterFromMessage(request)) }),
    ),
  };
  return { definition: JudgeServiceService, implementation, sessions: ['judgeStream'] };
}
