import { TrainerServiceService } from '../../proto/gen/majlis/v1/trainer.js';
import type * as wire from '../../proto/gen/majlis/v1/trainer.js';
import type { handleBidiStreamingCall, handleClientStreamingCall } from '@grpc/grpc-js';
import {
  forwardBackwardFromParts,
  forwardBackwardResultToMessage,
} from '../../core/rpc/convert-forward-backward.js';
import { forwardFromParts, forwardResultToParts } from '../../core/rpc/convert-forward.js';
import {
  capabilitiesToMessage,
  createModelFromMessage,
  deleteModelFromMessage,
  optimStepFromMessage,
} from '../../core/rpc/convert-trainer-call.js';
import { handleUnary } from '../../core/rpc/handle-unary.js';
import { startRpcServer } from '../../core/rpc/server.js';
import type { RpcServer } from '../../core/rpc/server.js';
import { toGrpcStatus } from '../../core/rpc/status.js';
import type { Trainer } from '../../core/trainer/trainer.js';

/** Any trainer as a server of the wire on a free port of loopback, but for what it writes to disk. */
export function serveTrainer(trainer: Trainer): Promise<RpcServer> {
  const forwardBackward: handleClientStreamingCall<
    wire.ForwardBackwardRequest,
    wire.ForwardBackwardResponse
  > = (stream, callback) => {
    forwardBackwardFromParts(stream)
      .then(({ call, request }) => trainer.forwardBackward(call, request))
      .then(
        (result) => callback(null, forwardBackwardResultToMessage(result)),
        (failure: unknown) => callback(toGrpcStatus(failure)),
      );
  };
  const forward: handleBidiStreamingCall<wire.ForwardRequest, wire.ForwardResponse> = (stream) => {
    // Reading to the end must not close the side that the reply goes out on.
    forwardFromParts(stream.iterator({ destroyOnReturn: false }))
      .then(({ call, request }) => trainer.forward(call, request))
      .then(
        (result) => {
          for (const part of forwardResultToParts(result)) stream.write(part);
          stream.end();
        },
        (failure: unknown) => stream.emit('error', toGrpcStatus(failure)),
      );
  };
  const implementation = {
    getCapabilities: handleUnary<wire.GetCapabilitiesRequest, wire.GetCapabilitiesResponse>(async () =>
      capabilitiesToMessage(await trainer.capabilities()),
    ),
    createModel: handleUnary(async (message: wire.CreateModelRequest) => {
      const { call, spec } = createModelFromMessage(message);
      return { modelId: await trainer.createModel(call, spec) };
    }),
    forward,
    forwardBackward,
    optimStep: handleUnary(async (message: wire.OptimStepRequest) => {
      const { call, request } = optimStepFromMessage(message);
      return trainer.optimStep(call, request);
    }),
    deleteModel: handleUnary(async (message: wire.DeleteModelRequest) => {
      const { call, modelId } = deleteModelFromMessage(message);
      await trainer.deleteModel(call, modelId);
      return {};
    }),
  };
  return startRpcServer({ services: [{ definition: TrainerServiceService, implementation }] });
}
