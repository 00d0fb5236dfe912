import { z } from 'zod';
import {
  AdamField as WireAdamField,
  Adapter as WireAdapter,
  Loss as WireLoss,
  Reduction as WireReduction,
  Role as WireRole,
} from '../../proto/gen/majlis/v1/trainer.js';
import type * as wire from '../../proto/gen/majlis/v1/trainer.js';
import type {
  CheckpointRequest,
  LoadedCheckpoint,
  LossName,
  ModelSpec,
  OptimStepRequest,
  OptimStepResult,
  PublishedWeights,
  Role,
  SavedCheckpoint,
  TrainerCall,
  TrainerCapabilities,
} from '../trainer/trainer.js';
import { computed, count, enumeration, finite, flag, identifier, message } from './message-fields.js';
import { parseMessage } from './parse-message.js';

/** The trainer's unary calls: every pair of functions is one message, to the wire and back. */
const ROLE_TO_WIRE: Readonly<Record<Role, WireRole>> = {
  policy: WireRole.POLICY,
  critic: WireRole.CRITIC,
  reference: WireRole.REFERENCE,
  reward: WireRole.REWARD,
};

const LOSS_TO_WIRE: Readonly<Record<LossName, WireLoss>> = {
  cross_entropy: WireLoss.CROSS_ENTROPY,
  ppo: WireLoss.PPO,
  value: WireLoss.VALUE,
  bradley_terry: WireLoss.BRADLEY_TERRY,
  dpo: WireLoss.DPO,
};

const REDUCTION_TO_WIRE: Readonly<Record<TrainerCapabilities['reductions'][number], WireReduction>> = {
  normalized_sum: WireReduction.NORMALIZED_SUM,
};

const ADAM_FIELD_TO_WIRE: Readonly<Record<TrainerCapabilities['adamFields'][number], WireAdamField>> = {
  learningRate: WireAdamField.LEARNING_RATE,
  betas: WireAdamField.BETAS,
  eps: WireAdamField.EPS,
  weightDecay: WireAdamField.WEIGHT_DECAY,
  clip: WireAdamField.CLIP,
};

const ADAPTER_TO_WIRE: Readonly<Record<TrainerCapabilities['adapters'][number], WireAdapter>> = {
  lora: WireAdapter.LORA,
};

/** Schema of majlis.v1.TrainerCall, which stands in every request but GetCapabilities. */
export const trainerCallMessage = message({
  run: identifier,
  epoch: count,
  expectedVersion: count.exactOptional(),
});

/** Domain to wire. */
export function trainerCallToMessage(call: TrainerCall): wire.TrainerCall {
  return { run: call.run, epoch: call.epoch, expectedVersion: call.expectedVersion };
}

const capabilitiesMessage = message({
  engine: identifier,
  fingerprint: identifier,
  incarnationId: identifier,
  deterministic: flag,
  roles: z.array(enumeration(ROLE_TO_WIRE)),
  losses: z.array(enumeration(LOSS_TO_WIRE)),
  reductions: z.array(enumeration(REDUCTION_TO_WIRE)),
  adamFields: z.array(enumeration(ADAM_FIELD_TO_WIRE)),
  contextLength: count,
  adapters: z.array(enumeration(ADAPTER_TO_WIRE)),
  device: identifier,
  dtype: identifier,
  ranks: count,
});

/** Domain to wire. */
export function capabilitiesToMessage(capabilities: TrainerCapabilities): wire.GetCapabilitiesResponse {
  return {
    ...capabilities,
    roles: capabilities.roles.map((role) => ROLE_TO_WIRE[role]),
    losses: capabilities.losses.map((loss) => LOSS_TO_WIRE[loss]),
    reductions: capabilities.reductions.map((reduction) => REDUCTION_TO_WIRE[reduction]),
    adamFields: capabilities.adamFields.map((field) => ADAM_FIELD_TO_WIRE[field]),
    adapters: capabilities.adapters.map((adapter) => ADAPTER_TO_WIRE[adapter]),
  };
}

/** Wire to domain; a name that this build does not know is a BadInputError. */
export function capabilitiesFromMessage(
  response: wire.GetCapabilitiesResponse | undefined,
): TrainerCapabilities {
  return parseMessage(capabilitiesMessage, response, 'message majlis.v1.GetCapabilitiesResponse');
}

const createModelMessage = message({
  call: trainerCallMessage,
  role: enumeration(ROLE_TO_WIRE),
  base: identifier,
  initFrom: identifier.exactOptional(),
  heads: count,
  seed: count,
  lora: message({ rank: count, alpha: finite, targetModules: z.array(identifier) }).exactOptional(),
});

/** Domain to wire. */
export function createModelToMessage(call: TrainerCall, spec: ModelSpec): wire.CreateModelRequest {
  return {
    call: trainerCallToMessage(call),
    role: ROLE_TO_WIRE[spec.role],
    base: spec.base,
    initFrom: spec.initFrom,
    heads: spec.heads,
    seed: spec.seed,
    lora: spec.lora === undefined ? undefined : { ...spec.lora, targetModules: [...spec.lora.targetModules] },
  };
}

/** Wire to domain. */
export function createModelFromMessage(request: wire.CreateModelRequest): {
  readonly call: TrainerCall;
  readonly spec: ModelSpec;
} {
  const { call, ...spec } = parseMessage(createModelMessage, request, 'message majlis.v1.CreateModelRequest');
  return { call, spec };
}

/** The model id of a CreateModel reply. */
export function modelIdFromMessage(response: wire.CreateModelResponse | undefined): string {
  const source = 'message majlis.v1.CreateModelResponse';
  return parseMessage(message({ modelId: identifier }), response, source).modelId;
}

const optimStepMessage = message({
  call: trainerCallMessage,
  modelId: identifier,
  step: count,
  learningRate: finite,
  beta1: finite,
  beta2: finite,
  eps: finite,
  weightDecay: finite,
  clip: finite.exactOptional(),
});

/** Domain to wire. */
export function optimStepToMessage(call: TrainerCall, request: OptimStepRequest): wire.OptimStepRequest {
  const { betas, ...scalars } = request;
  return {
    clip: undefined,
    ...scalars,
    call: trainerCallToMessage(call),
    beta1: betas[0],
    beta2: betas[1],
  };
}

/** Wire to domain. */
export function optimStepFromMessage(request: wire.OptimStepRequest): {
  readonly call: TrainerCall;
  readonly request: OptimStepRequest;
} {
  const source = 'message majlis.v1.OptimStepRequest';
  const { call, beta1, beta2, ...scalars } = parseMessage(optimStepMessage, request, source);
  return { call, request: { ...scalars, betas: [beta1, beta2] } };
}

const optimStepResultMessage = message({ gradNorm: computed, skipped: flag, version: count });

/** Wire to domain. A gradient norm that came out non-finite stays so; a missing one is a BadInputError. */
export function optimStepResultFromMessage(response: wire.OptimStepResponse | undefined): OptimStepResult {
  return parseMessage(optimStepResultMessage, response, 'message majlis.v1.OptimStepResponse');
}

const directoryMessage = message({ call: trainerCallMessage, modelId: identifier, directory: identifier });

/** PublishWeights, SaveCheckpoint and LoadCheckpoint ask in the same form. */
export function directoryRequestToMessage(
  call: TrainerCall,
  request: CheckpointRequest,
): wire.PublishWeightsRequest & wire.SaveCheckpointRequest & wire.LoadCheckpointRequest {
  return { call: trainerCallToMessage(call), modelId: request.modelId, directory: request.directory };
}

/** `source` names the message, since three messages have this form. */
export function directoryRequestFromMessage(
  message: wire.PublishWeightsRequest | wire.SaveCheckpointRequest | wire.LoadCheckpointRequest,
  source: string,
): { readonly call: TrainerCall; readonly request: CheckpointRequest } {
  const { call, ...request } = parseMessage(directoryMessage, message, source);
  return { call, request };
}

const publishedMessage = message({ directory: identifier, sha256: identifier, bytes: count });

/** Wire to domain. */
export function publishedWeightsFromMessage(
  response: wire.PublishWeightsResponse | undefined,
): PublishedWeights {
  return parseMessage(publishedMessage, response, 'message majlis.v1.PublishWeightsResponse');
}

const savedMessage = message({ sha256: identifier, bytes: count, step: count });

/** Wire to domain. */
export function savedCheckpointFromMessage(
  response: wire.SaveCheckpointResponse | undefined,
): SavedCheckpoint {
  return parseMessage(savedMessage, response, 'message majlis.v1.SaveCheckpointResponse');
}

const loadedMessage = message({ sha256: identifier, step: count });

/** Wire to domain. */
export function loadedCheckpointFromMessage(
  response: wire.LoadCheckpointResponse | undefined,
): LoadedCheckpoint {
  return parseMessage(loadedMessage, response, 'message majlis.v1.LoadCheckpointResponse');
}

/** Wire to domain. */
export function deleteModelFromMessage(request: wire.DeleteModelRequest): {
  readonly call: TrainerCall;
  readonly modelId: string;
} {
  const schema = message({ call: trainerCallMessage, modelId: identifier });
  return parseMessage(schema, request, 'message majlis.v1.DeleteModelRequest');
}
