import { ForwardBackwardResponse, TensorName } from '../../../../proto/gen/majlis/v1/trainer.js';
import type {
  ForwardBackwardHeader,
  ForwardBackwardRequest,
} from '../../../../proto/gen/majlis/v1/trainer.js';
import { BadInputError } from '../../../../core/errors.js';
import { lossTensors } from '../../../../core/rpc/convert-batch.js';
import {
  forwardBackwardFromParts,
  forwardBackwardResultFromMessage,
  forwardBackwardResultToMessage,
  forwardBackwardToParts,
} from '../../../../core/rpc/convert-forward-backward.js';
import { declareTensors, streamParts } from '../../../../core/rpc/tensor-stream.js';
import type { LossRequest } from '../../../../core/trainer/trainer.js';
import { refusal } from './refusal.js';

const call = { run: 'r', epoch: 1, expectedVersion: 4 };

const tokens = {
  tokenIds: Int32Array.of(5, 6, 7, 8),
  offsets: Int32Array.of(0, 3, 4),
  weights: Float32Array.of(0, 1, 0.5, 0),
  temperature: 0.7,
};
const pairs = {
  ...tokens,
  first: Int32Array.of(0),
  second: Int32Array.of(1),
  labels: Float32Array.of(0.75),
  pairWeights: Float32Array.of(1, 0, 2),
};
const policy = {
  ...tokens,
  advantages: Float32Array.of(0, -1, 2, 0),
  oldLogProbs: Float32Array.of(0, -0.1, -0.2, 0),
};
const clipped = { epsLow: 0.2, epsHigh: 0.28, ratio: 'token', entropyCoef: 0 } as const;

const losses: readonly LossRequest[] = [
  { type: 'cross_entropy', batch: tokens },
  { type: 'ppo', batch: policy, config: clipped },
  {
    type: 'ppo',
    batch: { ...policy, referenceLogProbs: Float32Array.of(0, -3, -4, 0) },
    config: { ...clipped, ratio: 'sequence', dualClip: 3, kl: { kind: 'k3', coef: 0 } },
  },
  {
    type: 'value',
    batch: { ...tokens, oldValues: Float32Array.of(1, 2, 3, 4), returns: Float32Array.of(4, 3, 2, 1) },
    config: { clip: 0.2 },
  },
  {
    type: 'value',
    batch: { ...tokens, oldValues: new Float32Array(4), returns: new Float32Array(4) },
    config: {},
  },
  { type: 'bradley_terry', batch: pairs, config: { centring: 0.01 } },
  {
    type: 'bradley_terry',
    batch: { ...pairs, margins: Float32Array.of(0.1), logitOffsets: Float32Array.of(-0.2) },
    config: { centring: 0 },
  },
  { type: 'dpo', batch: { ...pairs, referenceSums: Float32Array.of(-10, -20) }, config: { beta: 0.1 } },
];

function requestOf(loss: LossRequest): Parameters<typeof forwardBackwardToParts>[1] {
  return { modelId: 'm', step: 4, micro: 0, loss, normalizer: 12.5 };
}

async function* each<Part>(parts: Iterable<Part>): AsyncGenerator<Part> {
  yield* parts;
}

async function refusalOf(parts: Iterable<ForwardBackwardRequest>): Promise<BadInputError> {
  const error: unknown = await forwardBackwardFromParts(each(parts)).catch((thrown: unknown) => thrown);
  if (error instanceof BadInputError) return error;
  throw new Error('nothing was refused');
}

/** The parts of a call after an edit of its header; the tensors are those of `loss`. */
function* withHeader(
  loss: LossRequest,
  edit: Partial<ForwardBackwardHeader>,
): Generator<ForwardBackwardRequest> {
  for (const { part } of forwardBackwardToParts(call, requestOf(loss))) {
    yield part?.$case === 'header' ? { part: { ...part, value: { ...part.value, ...edit } } } : { part };
  }
}

/** The parts of a call whose tensors are replaced; undefined removes one. */
function withTensor(
  loss: LossRequest,
  name: TensorName,
  tensor: Int32Array | Float32Array | undefined,
): Iterable<ForwardBackwardRequest> {
  const [first] = forwardBackwardToParts(call, requestOf(loss));
  const tensors = lossTensors(loss);
  if (tensor === undefined) tensors.delete(name);
  else tensors.set(name, tensor);
  if (first?.part?.$case !== 'header') throw new Error('no header');
  return streamParts({ ...first.part.value, tensors: declareTensors(tensors) }, tensors);
}

describe('a ForwardBackward call', () => {
  it.each(losses.map((loss, place) => [place, loss.type, loss] as const))(
    'comes back as it was (%i: %s)',
    async (_place, _type, loss) => {
      const request = requestOf(loss);
      const parts = forwardBackwardToParts(call, request, 5);
      expect(await forwardBackwardFromParts(each(parts))).toStrictEqual({ call, request });
    },
  );

  const [crossEntropy, ppo] = losses;
  const [bradleyTerry, dpo] = losses.slice(-2);

  it.each<[string, Partial<ForwardBackwardHeader>]>([
    ['call', { call: undefined }],
    ['call.run', { call: { run: '', epoch: 1, expectedVersion: 1 } }],
    ['call.epoch', { call: { run: 'r', epoch: undefined, expectedVersion: 1 } }],
    ['model_id', { modelId: '' }],
    ['step', { step: undefined }],
    ['micro', { micro: undefined }],
    ['normalizer', { normalizer: undefined }],
    ['temperature', { temperature: undefined }],
    ['loss', { loss: undefined }],
  ])('without its %s is refused', async (place, edit) => {
    expect((await refusalOf(withHeader(crossEntropy, edit))).input.place).toBe(place);
  });

  it.each<[string, NonNullable<ForwardBackwardHeader['loss']>]>([
    [
      'ppo.eps_low',
      {
        $case: 'ppo',
        value: {
          epsLow: undefined,
          epsHigh: 1,
          dualClip: undefined,
          ratio: 1,
          entropyCoef: 0,
          kl: undefined,
        },
      },
    ],
    [
      'ppo.ratio',
      {
        $case: 'ppo',
        value: { epsLow: 1, epsHigh: 1, dualClip: undefined, ratio: 0, entropyCoef: 0, kl: undefined },
      },
    ],
    [
      'ppo.kl.coef',
      {
        $case: 'ppo',
        value: {
          epsLow: 1,
          epsHigh: 1,
          dualClip: undefined,
          ratio: 1,
          entropyCoef: 0,
          kl: { kind: 1, coef: undefined },
        },
      },
    ],
    ['bradley_terry.centring', { $case: 'bradleyTerry', value: { centring: undefined } }],
    ['dpo.beta', { $case: 'dpo', value: { beta: undefined } }],
  ])('without its %s is refused', async (place, loss) => {
    expect((await refusalOf(withHeader(ppo, { loss }))).input.place).toBe(place);
  });

  it.each<[string, LossRequest, TensorName, Int32Array | Float32Array | undefined]>([
    ['no tokens', crossEntropy, TensorName.TOKEN_IDS, undefined],
    ['no offsets', crossEntropy, TensorName.OFFSETS, Int32Array.of()],
    ['offsets that end early', crossEntropy, TensorName.OFFSETS, Int32Array.of(0, 3)],
    ['offsets that start late', crossEntropy, TensorName.OFFSETS, Int32Array.of(1, 4)],
    ['offsets that fall', crossEntropy, TensorName.OFFSETS, Int32Array.of(0, 3, 2, 4)],
    ['too few weights', crossEntropy, TensorName.WEIGHTS, new Float32Array(3)],
    ['no weights', crossEntropy, TensorName.WEIGHTS, undefined],
    ['an unused tensor', crossEntropy, TensorName.ADVANTAGES, new Float32Array(4)],
    ['no advantages', ppo, TensorName.ADVANTAGES, undefined],
    ['too many old log-probs', ppo, TensorName.OLD_LOG_PROBS, new Float32Array(5)],
    ['too few reference log-probs', ppo, TensorName.REFERENCE_LOG_PROBS, new Float32Array(0)],
    ['a pair outside the batch', bradleyTerry, TensorName.FIRST, Int32Array.of(2)],
    ['a negative sequence', bradleyTerry, TensorName.SECOND, Int32Array.of(-1)],
    ['more seconds than firsts', bradleyTerry, TensorName.SECOND, Int32Array.of(0, 1)],
    ['too many labels', bradleyTerry, TensorName.LABELS, new Float32Array(2)],
    ['no pair weights', bradleyTerry, TensorName.PAIR_WEIGHTS, new Float32Array(0)],
    ['no reference sums', dpo, TensorName.REFERENCE_SUMS, undefined],
  ])('with %s is refused', async (_name, loss, name, tensor) => {
    const { place } = (await refusalOf(withTensor(loss, name, tensor))).input;
    expect(place).toBe(`tensors.${TensorName[name].toLowerCase()}`);
  });
});

describe('a ForwardBackward reply', () => {
  const sent = (reply: Parameters<typeof forwardBackwardResultToMessage>[0]): ForwardBackwardResponse =>
    ForwardBackwardResponse.decode(
      ForwardBackwardResponse.encode(forwardBackwardResultToMessage(reply)).finish(),
    );

  it.each([0, Number.NaN])('with a loss of %d comes back as it was', (loss) => {
    const reply = { loss, metrics: { entropy: { sum: 0, count: 0 }, kl: { sum: -0.5, count: 3 } } };
    expect(forwardBackwardResultFromMessage(sent(reply))).toStrictEqual(reply);
  });

  it('that is empty is refused, never read as a loss of 0', () => {
    const empty = ForwardBackwardResponse.decode(new Uint8Array());
    expect(refusal(() => forwardBackwardResultFromMessage(empty)).input).toMatchObject({
      place: 'loss',
      found: 'nothing',
    });
  });

  it('with a metric that has no count is refused', () => {
    const reply = { loss: 1, metrics: { kl: { sum: 1, count: undefined } } };
    expect(refusal(() => forwardBackwardResultFromMessage(reply)).input.place).toBe('metrics.kl.count');
  });
});
