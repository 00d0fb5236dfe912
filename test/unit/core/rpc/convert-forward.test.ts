import { BadInputError } from '../../../../core/errors.js';
import {
  forwardFromParts,
  forwardResultFromParts,
  forwardResultToParts,
  forwardToParts,
} from '../../../../core/rpc/convert-forward.js';
import type { ForwardRequest, ForwardResult } from '../../../../core/trainer/trainer.js';

const call = { run: 'r', epoch: 0 };
const batch = {
  tokenIds: Int32Array.of(1, 2, 3),
  offsets: Int32Array.of(0, 2, 3),
  weights: Float32Array.of(0, 1, 0),
  temperature: 1,
};
const request: ForwardRequest = {
  modelId: 'm',
  batch,
  want: ['log_probs', 'entropy', 'values', 'scores', 'kl'],
  against: 'reference',
};
const result: ForwardResult = {
  logProbs: Float32Array.of(0, -1.25, 0),
  entropy: Float32Array.of(0, 2, 0),
  values: Float32Array.of(0, Number.NaN, 0),
  kl: Float32Array.of(0, 1e-30, 0),
  scores: Float32Array.of(1, 2, 3, 4),
};

async function* each<Part>(parts: Iterable<Part>): AsyncGenerator<Part> {
  yield* parts;
}

async function refusalOf(promise: Promise<unknown>): Promise<BadInputError> {
  const error: unknown = await promise.catch((thrown: unknown) => thrown);
  if (error instanceof BadInputError) return error;
  throw new Error('nothing was refused');
}

describe('a Forward call', () => {
  it.each<ForwardRequest>([request, { modelId: 'm', batch, want: [] }])(
    'comes back as it was',
    async (asked) => {
      expect(await forwardFromParts(each(forwardToParts(call, asked, 5)))).toStrictEqual({
        call,
        request: asked,
      });
    },
  );

  it.each([
    ['model_id', { modelId: '' }],
    ['want.0', { want: [0] }],
    ['want.1', { want: [1, 9] }],
    ['temperature', { temperature: undefined }],
    ['against', { against: '' }],
  ])('with a wrong %s is refused', async (place, edit) => {
    const parts = [...forwardToParts(call, request)].map(({ part }) =>
      part?.$case === 'header'
        ? { part: { $case: 'header' as const, value: { ...part.value, ...edit } } }
        : { part },
    );
    expect((await refusalOf(forwardFromParts(each(parts)))).input.place).toBe(place);
  });
});

describe('a Forward reply', () => {
  const read = (asked: ForwardRequest, answer: ForwardResult): Promise<ForwardResult> =>
    forwardResultFromParts(asked, each(forwardResultToParts(answer, 5)));

  it('comes back as it was', async () => {
    expect(await read(request, result)).toStrictEqual(result);
  });

  it.each<[string, ForwardResult]>([
    ['log_probs', {}],
    ['log_probs', { ...result, logProbs: new Float32Array(2) }],
    ['kl', { ...result, kl: new Float32Array(4) }],
    ['scores', { ...result, scores: new Float32Array(3) }],
    ['scores', { ...result, scores: new Float32Array(0) }],
  ])('whose %s do not fit the request is refused', async (name, answer) => {
    expect((await refusalOf(read(request, answer))).input.place).toBe(`tensors.${name}`);
  });

  it('with what was not wanted is refused', async () => {
    const asked = { ...request, want: ['entropy'] as const };
    const answer = { entropy: new Float32Array(3), values: new Float32Array(3) };
    expect((await refusalOf(read(asked, answer))).input).toMatchObject({ place: 'tensors.values' });
  });
});
