import { TrainerServiceService } from '../../proto/gen/majlis/v1/trainer.js';
import type * as wire from '../../proto/gen/majlis/v1/trainer.js';
import { Metadata, status } from '@grpc/grpc-js';
import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import {
  forwardBackwardFromParts,
  forwardBackwardResultToMessage,
} from '../../core/rpc/convert-forward-backward.js';
import { forwardFromParts, forwardResultToParts } from '../../core/rpc/convert-forward.js';
import {
  capabilitiesToMessage,
  createModelFromMessage,
  deleteModelFromMessage,
  directoryRequestFromMessage,
  optimStepFromMessage,
} from '../../core/rpc/convert-trainer-call.js';
import { handleUnary } from '../../core/rpc/handle-unary.js';
import { startRpcServer } from '../../core/rpc/server.js';
import type { RpcServer } from '../../core/rpc/server.js';
import { toGrpcStatus } from '../../core/rpc/status.js';
import { INCARNATION_KEY } from '../../core/trainer/grpc/trainer-connection.js';
import type { Trainer } from '../../core/trainer/trainer.js';

export interface ServedTrainerOptions {
  /** A free one unless told. */
  readonly port?: number;
  /** Calls that are meant for another incarnation are refused; absent: any are answered. */
  readonly incarnationId?: string;
}

/** Any trainer as a server of the wire on loopback. */
export function serveTrainer(
  trainer: Trainer,
  { port = 0, incarnationId }: ServedTrainerOptions = {},
): Promise<RpcServer> {
  const all = { ...calls(trainer), ...fileCalls(trainer) };
  const implementation = incarnationId === undefined ? all : only(incarnationId, all);
  return startRpcServer({ port, services: [{ definition: TrainerServiceService, implementation }] });
}

/** What reads or writes a model's files. */
function fileCalls(trainer: Trainer): UntypedServiceImplementation {
  return {
    publishWeights: handleUnary(async (message: wire.PublishWeightsRequest) => {
      const { call, request } = directoryRequestFromMessage(message, 'PublishWeightsRequest');
      return trainer.publishWeights(call, request);
    }),
    saveCheckpoint: handleUnary(async (message: wire.SaveCheckpointRequest) => {
      const { call, request } = directoryRequestFromMessage(message, 'SaveCheckpointRequest');
      return trainer.saveCheckpoint(call, request);
    }),
    loadCheckpoint: handleUnary(async (message: wire.LoadCheckpointRequest) => {
      const { call, request } = directoryRequestFromMessage(message, 'LoadCheckpointRequest');
      return trainer.loadCheckpoint(call, request);
    }),
  };
}

/** The parts of a handler's call and answer that tell incarnations apart. */
interface AnyCall {
  readonly metadata: Metadata;
  emit(event: 'error', refusal: object): unknown;
}

/** Refuses what is meant for another incarnation, and names this one. */
function only(incarnationId: string, all: UntypedServiceImplementation): UntypedServiceImplementation {
  const metadata = new Metadata();
  metadata.set(INCARNATION_KEY, incarnationId);
  const refusal = { code: status.FAILED_PRECONDITION, details: 'another incarnation answers', metadata };
  const guarded = Object.entries(all).map(([name, handler]) => [
    name,
    (call: AnyCall, callback?: (refusal: object) => void): unknown => {
      const [asked] = call.metadata.get(INCARNATION_KEY);
      if (asked === undefined || asked === incarnationId)
        return Reflect.apply(handler, undefined, [call, callback]);
      return callback === undefined ? call.emit('error', refusal) : callback(refusal);
    },
  ]);
  return Object.fromEntries(guarded) as UntypedServiceImplementation;
}

function calls(trainer: Trainer): UntypedServiceImplementation {
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
  return {
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
}
