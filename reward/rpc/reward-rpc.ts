import type { Metadata } from '@grpc/grpc-js';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { RewardServiceService, ScoreStreamRequest } from '../../proto/gen/majlis/v1/reward.js';
import type * as wire from '../../proto/gen/majlis/v1/reward.js';
import { callerOfCall } from '../../core/rpc/caller-of-call.js';
import { decodeUtf8 } from '../../core/runtime/decode-utf8.js';
import { handleUnary } from '../../core/rpc/handle-unary.js';
import type { RpcService } from '../../core/rpc/server.js';
import { traceRequest } from '../../core/rpc/trace-calls.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import { ANONYMOUS, type RewardService } from '../serving/reward-service.js';
import { scoreReplyToMessage, scoreRequestFromMessage } from './convert-score.js';
import { serveScoreStream } from './score-stream.js';

export interface RewardRpcOptions {
  readonly service: RewardService;
  /** Name and version of the software, for logs of the peer. */
  readonly software: string;
  /** Fires when the process stops: streams end once their requests are answered. */
  readonly stopping: AbortSignal;
  readonly tracer?: Tracer;
}

const STREAM = RewardServiceService.scoreStream.path.slice(1);

/** RewardService as a gRPC server takes it. What the reward service throws becomes the call's status, or the request's failure. */
export function rewardRpc({
  service,
  software,
  stopping,
  tracer = NO_TRACING,
}: RewardRpcOptions): RpcService {
  const answer = async (
    received: wire.ScoreRequest | undefined,
    signal: AbortSignal,
    caller: string,
  ): Promise<wire.ScoreResponse> => {
    const { request, deadlineMs } = scoreRequestFromMessage(received);
    const context = deadlineMs === undefined ? { caller, signal } : { caller, signal, deadlineMs };
    return scoreReplyToMessage(await service.score(request, context));
  };
  const implementation: wire.RewardServiceServer = {
    score: handleUnary((request: wire.ScoreRequest, signal, metadata) =>
      answer(request, signal, callerName(metadata)),
    ),
    scoreStream: (call) => {
      const caller = callerName(call.metadata);
      serveScoreStream(call, {
        ...{ software, stopping },
        answer: (request, signal, traceparent) =>
          traceRequest(tracer, { method: STREAM, traceparent }, () => answer(request, signal, caller)),
      });
    },
  };
  return { definition: DEFINITION, implementation, sessions: ['scoreStream'] };
}

/** Text that is not ASCII is decoded in half the time. */
const DEFINITION = {
  ...RewardServiceService,
  scoreStream: {
    ...RewardServiceService.scoreStream,
    requestDeserialize: (bytes: Buffer) => ScoreStreamRequest.decode(new BinaryReader(bytes, decodeUtf8)),
  },
};

function callerName(metadata: Metadata): string {
  return callerOfCall({ metadata })?.name ?? ANONYMOUS;
}
