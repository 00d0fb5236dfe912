import type { MajlisError } from '../../../../../core/errors.js';
import { BadInputError } from '../../../../../core/errors.js';
import {
  decodeSafetensors,
  encodeSafetensors,
} from '../../../../../core/network/model-directory/safetensors.js';

const tensors = [
  { name: 'b', shape: [2, 2], values: Float32Array.of(1, -2, 0.5, 1e-30) },
  { name: 'a', shape: [3], values: Float32Array.of(4, 5, 6) },
  { name: 'scalar', shape: [], values: Float32Array.of(7) },
];

/** A file with that header, written by hand. */
function file(header: unknown, body: Uint8Array): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, body]);
}

const four = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
const entry = (shape: number[], begin: number, end: number, dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

it('reads what it wrote', () => {
  const read = decodeSafetensors(encodeSafetensors(tensors), 'x.safetensors');
  expect([...read.values()]).toEqual(tensors);
});

it('starts the tensors on a multiple of eight bytes', () => {
  const bytes = encodeSafetensors(tensors);
  expect(Buffer.from(bytes).readBigUInt64LE() % 8n).toBe(0n);
});

it('reads a file written by hand, wherever it lies in memory', () => {
  const bytes = file({ w: entry([2, 2], 0, 16) }, four);
  const shifted = Buffer.concat([Buffer.from([0]), bytes]).subarray(1);
  expect(decodeSafetensors(shifted, 'x').get('w')?.values).toEqual(Float32Array.of(1, 2, 3, 4));
});

it.each([4, 20, 60, encodeSafetensors(tensors).length - 1])(
  'calls a file cut at byte %d data loss',
  (length) => {
    const cut = encodeSafetensors(tensors).slice(0, length);
    const read = () => decodeSafetensors(cut, 'x.safetensors');
    expect(read).toThrow(/^x\.safetensors is cut: /);
    expect(read).toThrow(expect.objectContaining({ code: 'data_loss' }) as MajlisError);
  },
);

it.each<[string, Buffer, string]>([
  ['another element type', file({ w: entry([2, 2], 0, 16, 'F16') }, four), 'x at w.dtype: found "F16"'],
  [
    'a shape that its bytes do not fill',
    file({ w: entry([3], 0, 16) }, four),
    'x at w: found bytes 0 to 16 for shape [3]',
  ],
  [
    'overlapping tensors',
    file({ v: entry([2], 0, 8), w: entry([3], 4, 16) }, four),
    'x at w: found bytes 4 to 16 for shape [3]; allowed: 12 bytes from 8',
  ],
  [
    'bytes after the last tensor',
    file({ w: entry([3], 0, 12) }, four),
    'x: found 4 bytes after the last tensor',
  ],
  ['a header that is no JSON', file('{"w":', four), '; allowed: JSON'],
  ['a negative offset', file({ w: entry([1], -4, 0) }, four), 'x at w.data_offsets[0]: found -4'],
  [
    'a header of 2⁶³ bytes',
    Buffer.from([0, 0, 0, 0, 0, 0, 0, 0x80]),
    'x: found a header of 9223372036854775808 bytes',
  ],
])('refuses %s', (_name, bytes, message) => {
  expect(() => decodeSafetensors(bytes, 'x')).toThrow(BadInputError);
  expect(() => decodeSafetensors(bytes, 'x')).toThrow(message);
});
