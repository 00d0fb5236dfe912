import {
  CreateModelRequest,
  CreateModelResponse,
  DeleteModelRequest,
  GetCapabilitiesResponse,
  LoadCheckpointRequest,
  LoadCheckpointResponse,
  OptimStepRequest,
  OptimStepResponse,
  PublishWeightsRequest,
  PublishWeightsResponse,
  Role,
  SaveCheckpointRequest,
  SaveCheckpointResponse,
} from '../../../../proto/gen/majlis/v1/trainer.js';
import {
  capabilitiesFromMessage,
  capabilitiesToMessage,
  createModelFromMessage,
  createModelToMessage,
  deleteModelFromMessage,
  directoryRequestFromMessage,
  directoryRequestToMessage,
  loadedCheckpointFromMessage,
  modelIdFromMessage,
  optimStepFromMessage,
  optimStepResultFromMessage,
  optimStepToMessage,
  publishedWeightsFromMessage,
  savedCheckpointFromMessage,
} from '../../../../core/rpc/convert-trainer-call.js';
import type { ModelSpec, OptimStepRequest as OptimStep } from '../../../../core/trainer/trainer.js';
import { refusal } from './refusal.js';

const EMPTY = new Uint8Array();
const call = { run: 'r', epoch: 0, expectedVersion: 0 };

/** The message after a trip over the wire. */
function sent<Message>(
  codec: { encode(message: Message): { finish(): Uint8Array }; decode(bytes: Uint8Array): Message },
  message: Message,
): Message {
  return codec.decode(codec.encode(message).finish());
}

describe('an empty trainer message', () => {
  it.each<[string, () => unknown, string]>([
    ['capabilities', () => capabilitiesFromMessage(GetCapabilitiesResponse.decode(EMPTY)), 'engine'],
    ['a model request', () => createModelFromMessage(CreateModelRequest.decode(EMPTY)), 'call'],
    ['a model reply', () => modelIdFromMessage(CreateModelResponse.decode(EMPTY)), 'model_id'],
    ['a step request', () => optimStepFromMessage(OptimStepRequest.decode(EMPTY)), 'call'],
    ['a step reply', () => optimStepResultFromMessage(OptimStepResponse.decode(EMPTY)), 'grad_norm'],
    [
      'a publish request',
      () => directoryRequestFromMessage(PublishWeightsRequest.decode(EMPTY), 'm'),
      'call',
    ],
    ['a publish reply', () => publishedWeightsFromMessage(PublishWeightsResponse.decode(EMPTY)), 'directory'],
    ['a save request', () => directoryRequestFromMessage(SaveCheckpointRequest.decode(EMPTY), 'm'), 'call'],
    ['a save reply', () => savedCheckpointFromMessage(SaveCheckpointResponse.decode(EMPTY)), 'sha256'],
    ['a load request', () => directoryRequestFromMessage(LoadCheckpointRequest.decode(EMPTY), 'm'), 'call'],
    ['a load reply', () => loadedCheckpointFromMessage(LoadCheckpointResponse.decode(EMPTY)), 'sha256'],
    ['a delete request', () => deleteModelFromMessage(DeleteModelRequest.decode(EMPTY)), 'call'],
  ])('that should be %s is refused', (_name, read, place) => {
    expect(refusal(read).input.place).toBe(place);
  });
});

describe('capabilities', () => {
  const capabilities = {
    engine: 'embedded',
    fingerprint: 'ort/x64',
    incarnationId: 'i',
    deterministic: false,
    roles: ['policy', 'critic', 'reference', 'reward'],
    losses: ['cross_entropy', 'ppo', 'value', 'bradley_terry', 'dpo'],
    reductions: ['normalized_sum'],
    adamFields: ['learningRate', 'betas', 'eps', 'weightDecay', 'clip'],
    contextLength: 256,
    adapters: ['lora'],
    device: 'cpu',
    dtype: 'float32',
    ranks: 1,
  } as const;

  it('come back as they were, every name of every list', () => {
    const message = sent(GetCapabilitiesResponse, capabilitiesToMessage(capabilities));
    expect(capabilitiesFromMessage(message)).toStrictEqual(capabilities);
  });

  it('with a role that this build does not know are refused', () => {
    const unknown: number = 9;
    const message = sent(GetCapabilitiesResponse, {
      ...capabilitiesToMessage(capabilities),
      roles: [Role.POLICY, unknown],
    });
    expect(refusal(() => capabilitiesFromMessage(message)).input).toMatchObject({
      place: 'roles.1',
      found: '9',
      allowed: 'one of policy, critic, reference, reward',
    });
  });
});

describe('trainer requests', () => {
  it.each<ModelSpec>([
    { role: 'critic', base: '/m', heads: 0, seed: 0 },
    { role: 'reward', base: '/m', heads: 3, seed: Number.MAX_SAFE_INTEGER, initFrom: 'policy-1' },
    {
      role: 'policy',
      base: '/m',
      heads: 0,
      seed: 1,
      lora: { rank: 8, alpha: 16, targetModules: ['q_proj', 'v_proj'] },
    },
  ])('to create a model come back as they were: %j', (spec) => {
    const message = sent(CreateModelRequest, createModelToMessage({ run: 'r', epoch: 3 }, spec));
    expect(createModelFromMessage(message)).toStrictEqual({ call: { run: 'r', epoch: 3 }, spec });
  });

  it.each<OptimStep>([
    { modelId: 'm', step: 0, learningRate: 0, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 },
    { modelId: 'm', step: 7, learningRate: 3e-4, betas: [0, 0], eps: 0, weightDecay: 0.1, clip: 0 },
  ])('to step come back as they were: %j', (request) => {
    const message = sent(OptimStepRequest, optimStepToMessage(call, request));
    expect(optimStepFromMessage(message)).toStrictEqual({ call, request });
  });

  it('about a directory come back as they were', () => {
    const request = { modelId: 'm', directory: '/d' };
    const message = sent(SaveCheckpointRequest, directoryRequestToMessage(call, request));
    expect(directoryRequestFromMessage(message, 'm')).toStrictEqual({ call, request });
  });

  it('without an epoch are refused, since nothing would fence them', () => {
    const unfenced = { run: 'r', epoch: undefined, expectedVersion: 1 };
    const message = sent(DeleteModelRequest, { call: unfenced, modelId: 'm' });
    expect(refusal(() => deleteModelFromMessage(message)).input.place).toBe('call.epoch');
  });
});

describe('a step reply', () => {
  it.each([0, Number.NaN, Number.POSITIVE_INFINITY])('keeps a gradient norm of %d as it is', (gradNorm) => {
    const reply = { gradNorm, skipped: true, version: 0 };
    expect(optimStepResultFromMessage(sent(OptimStepResponse, reply))).toStrictEqual(reply);
  });
});
