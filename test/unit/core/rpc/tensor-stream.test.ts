import { TensorName } from '../../../../proto/gen/majlis/v1/trainer.js';
import type { TensorChunk, TensorDeclaration } from '../../../../proto/gen/majlis/v1/trainer.js';
import { BadInputError } from '../../../../core/errors.js';
import { collectParts, declareTensors, streamParts } from '../../../../core/rpc/tensor-stream.js';
import type { StreamPart, Tensor } from '../../../../core/rpc/tensor-stream.js';

type Header = { readonly tensors: readonly TensorDeclaration[] };
type Part = StreamPart<Header>;

const SOURCE = 'message test';

async function* each(parts: Iterable<Part>): AsyncGenerator<Part> {
  yield* parts;
}

function header(...tensors: [TensorName, number | undefined][]): Part {
  const value = { tensors: tensors.map(([name, length]) => ({ name, length })) };
  return { part: { $case: 'header', value } };
}

function chunk(name: TensorName, offset: number | undefined, ...bytes: number[]): Part {
  const value: TensorChunk = { name, offset, data: Uint8Array.from(bytes) };
  return { part: { $case: 'chunk', value } };
}

async function refusalOf(parts: readonly Part[], maxBytes?: number): Promise<BadInputError> {
  const options = { source: SOURCE, ...(maxBytes === undefined ? {} : { maxBytes }) };
  const error: unknown = await collectParts(each(parts), options).catch((thrown: unknown) => thrown);
  if (error instanceof BadInputError) return error;
  throw new Error('nothing was refused');
}

describe('a stream of tensors', () => {
  const whole = Float32Array.of(9, Math.fround(-0.1), -0, Number.POSITIVE_INFINITY, 9);
  const tensors = new Map<TensorName, Tensor>([
    [TensorName.TOKEN_IDS, Int32Array.of(-1, 2147483647)],
    // A view into a larger buffer, as slices of a batch are.
    [TensorName.WEIGHTS, whole.subarray(1, 4)],
    [TensorName.VALUES, new Float32Array(0)],
  ]);

  it.each([1, 3, 4, 5, 1000])('comes back bit for bit in chunks of %i bytes', async (chunkBytes) => {
    const parts = [...streamParts({ tensors: declareTensors(tensors) }, tensors, chunkBytes)];
    const longest = Math.max(
      ...parts.map(({ part }) => (part?.$case === 'chunk' ? part.value.data.length : 0)),
    );
    expect(longest).toBeLessThanOrEqual(chunkBytes);
    const collected = await collectParts(each(parts), { source: SOURCE });
    expect(collected.tensors).toStrictEqual(new Map([...tensors].map(([name, one]) => [name, one.slice()])));
    expect(Object.is(collected.tensors.get(TensorName.WEIGHTS)?.[1], -0)).toBe(true);
  });

  it('is little-endian on the wire', () => {
    const parts = [...streamParts({ tensors: [] }, new Map([[TensorName.FIRST, Int32Array.of(258)]]))];
    expect(parts[1]).toEqual(chunk(TensorName.FIRST, 0, 2, 1, 0, 0));
  });

  it('reads chunks of one tensor between those of another', async () => {
    const parts = [
      header([TensorName.FIRST, 1], [TensorName.SECOND, 1]),
      chunk(TensorName.FIRST, 0, 1, 0),
      chunk(TensorName.SECOND, 0, 2, 0, 0, 0),
      chunk(TensorName.FIRST, 2, 0, 0),
    ];
    const { tensors: read } = await collectParts(each(parts), { source: SOURCE });
    expect(read.get(TensorName.FIRST)).toEqual(Int32Array.of(1));
    expect(read.get(TensorName.SECOND)).toEqual(Int32Array.of(2));
  });

  const kl = TensorName.KL;
  it.each<[string, readonly Part[], string, string]>([
    ['no message', [], 'part', 'nothing'],
    ['a part of no kind', [{ part: undefined }], 'part', 'nothing'],
    ['a chunk first', [chunk(kl, 0)], 'part', 'a chunk'],
    ['a second header', [header(), header()], 'part', 'a header'],
    ['a tensor that ends early', [header([kl, 1]), chunk(kl, 0, 1, 2)], 'tensors.kl', '2 bytes'],
    ['a tensor that never comes', [header([kl, 1])], 'tensors.kl', '0 bytes'],
    ['too many bytes', [header([kl, 1]), chunk(kl, 0, 1, 2, 3, 4, 5)], 'tensors.kl', '5 bytes'],
    ['a gap', [header([kl, 1]), chunk(kl, 1, 1)], 'tensors.kl', 'a chunk at offset 1'],
    ['an overlap', [header([kl, 1]), chunk(kl, 0, 1), chunk(kl, 0, 1)], 'tensors.kl', 'a chunk at offset 0'],
    [
      'a chunk without offset',
      [header([kl, 1]), chunk(kl, undefined)],
      'tensors.kl',
      'a chunk at offset nothing',
    ],
    ['a chunk of an undeclared tensor', [header(), chunk(kl, 0)], 'tensors.kl', 'a chunk'],
    ['a tensor declared twice', [header([kl, 1], [kl, 1])], 'tensors.kl', 'a second declaration'],
    ['a declaration without length', [header([kl, undefined])], 'tensors.0.length', 'nothing'],
    ['an unspecified name', [header([TensorName.UNSPECIFIED, 1])], 'tensors.0.name', '0'],
    ['an unknown name', [header([TensorName.UNRECOGNIZED, 1])], 'tensors.0.name', '-1'],
  ])('with %s is refused', async (_name, parts, place, found) => {
    expect((await refusalOf(parts)).input).toMatchObject({ source: SOURCE, place, found });
  });

  it('that declares more than is allowed is refused before memory is taken', async () => {
    const many = header([TensorName.KL, 2 ** 31], [TensorName.VALUES, 2 ** 31]);
    expect((await refusalOf([many])).message).toContain('at most 1073741824 in one stream');
    expect((await refusalOf([header([TensorName.KL, 3])], 8)).input.found).toBe('12 declared bytes');
  });
});
