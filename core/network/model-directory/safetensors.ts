import { z } from 'zod';

import { parseJson } from '../../config/parse-json.js';
import { BadInputError, MajlisError } from '../../errors.js';

/** One float32 tensor. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major; as many as the shape multiplies to. */
  readonly values: Float32Array;
}

const LENGTH_BYTES = 8;
const ALIGNMENT = 8;
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;
/** The format's own limit (safetensors README). */
const LARGEST_HEADER = 100_000_000;

const size = z.int().nonnegative();
const headerSchema = z
  .object({ __metadata__: z.record(z.string(), z.string()).optional() })
  .catchall(z.object({ dtype: z.literal('F32'), shape: z.array(size), data_offsets: z.tuple([size, size]) }));

/**
 * A safetensors file (https://github.com/huggingface/safetensors, "Format"): the header's length as a little-endian
 * uint64, the header as JSON padded with spaces, then the tensors' bytes in the order given.
 */
export function encodeSafetensors(tensors: readonly Tensor[]): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    const end = offset + values.length * FLOAT_BYTES;
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  const padded = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const prefix = Buffer.alloc(LENGTH_BYTES + padded, ' ');
  prefix.writeBigUInt64LE(BigInt(padded));
  json.copy(prefix, LENGTH_BYTES);
  const bodies = tensors.map(({ values }) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  );
  return Buffer.concat([prefix, ...bodies]);
}

/**
 * Reads a safetensors file of float32 tensors. `source` names it in errors. A file shorter than its header says is
 * `data_loss`; a header that contradicts itself, or describes anything but float32, is bad input.
 */
export function decodeSafetensors(bytes: Uint8Array, source: string): Map<string, Tensor> {
  const { header, body } = splitHeader(bytes, source);
  const tensors = new Map<string, Tensor>();
  let covered = 0;
  for (const [name, { shape, data_offsets }] of entriesByOffset(header)) {
    const [begin, end] = data_offsets;
    const elements = shape.reduce((product, length) => product * length, 1);
    if (begin !== covered || end - begin !== elements * FLOAT_BYTES) {
      const found = `bytes ${String(begin)} to ${String(end)} for shape [${shape.join(', ')}]`;
      const allowed = `${String(elements * FLOAT_BYTES)} bytes from ${String(covered)}`;
      throw new BadInputError({ source, place: name, found, allowed });
    }
    if (end > body.length) throw truncated(source, end, body.length);
    // Copied, since the body need not start where a Float32Array may.
    tensors.set(name, { name, shape, values: new Float32Array(body.slice(begin, end).buffer) });
    covered = end;
  }
  if (covered !== body.length) {
    const found = `${String(body.length - covered)} bytes after the last tensor`;
    throw new BadInputError({ source, found, allowed: 'a file that ends with its last tensor' });
  }
  return tensors;
}

type Header = z.output<typeof headerSchema>;
type Entry = Exclude<Header[string], Record<string, string> | undefined>;

function splitHeader(bytes: Uint8Array, source: string): { header: Header; body: Uint8Array } {
  if (bytes.length < LENGTH_BYTES) throw truncated(source, LENGTH_BYTES, bytes.length);
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > LARGEST_HEADER) {
    const allowed = `at most ${String(LARGEST_HEADER)} bytes`;
    throw new BadInputError({ source, found: `a header of ${String(length)} bytes`, allowed });
  }
  const end = LENGTH_BYTES + Number(length);
  if (end > bytes.length) throw truncated(source, end, bytes.length);
  const json = new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, end));
  // A plain Uint8Array, whose slice copies; a Buffer's does not.
  const body = new Uint8Array(bytes.buffer, bytes.byteOffset + end, bytes.length - end);
  return { header: parseJson(json, headerSchema, { source }), body };
}

function entriesByOffset(header: Header): [string, Entry][] {
  const entries: [string, Entry][] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name !== '__metadata__' && entry !== undefined && isEntry(entry)) entries.push([name, entry]);
  }
  return entries.sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
}

function isEntry(entry: Entry | Record<string, string>): entry is Entry {
  return Array.isArray(entry['shape']);
}

function truncated(source: string, expected: number, found: number): MajlisError {
  return new MajlisError(
    `${source} is cut: ${String(found)} bytes where ${String(expected)} are announced.`,
    {
      code: 'data_loss',
    },
  );
}
