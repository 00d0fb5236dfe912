import { TrainerServiceService } from '../../proto/gen/majlis/v1/trainer.js';
import type * as wire from '../../proto/gen/majlis/v1/trainer.js';
import { Metadata, status } from '@grpc/grpc-js';
import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { forwardBackwardFromParts, forwardBackwardResultToMessage } from './convert-forward-backward.js';
import { forwardFromParts, forwardResultToParts } from './convert-forward.js';
import {
  capabilitiesToMessage,
  createModelFromMessage,
  deleteModelFromMessage,
  directoryRequestFromMessage,
  optimStepFromMessage,
} from './convert-trainer-call.js';
import { handleUnary } from './handle-unary.js';
import type { RpcService } from './server.js';
import { toGrpcStatus } from './status.js';
import { INCARNATION_KEY } from '../trainer/grpc/trainer-connection.js';
import type { Trainer } from '../trainer/trainer.js';

/**
 * Any trainer as the service that the wire has. With an incarnation id it answers only calls that are meant for that
 * incarnation, or for any, and names it in its refusals: a caller that means another has models that are not here.
 */
export function trainerService(trainer: Trainer, incarnationId?: string): RpcService {
  const all = { ...calls(trainer), ...fileCalls(trainer) };
  const implementation = incarnationId === undefined ? all : only(incarnationId, all);
  return { definition: TrainerServiceService, implementation };
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
