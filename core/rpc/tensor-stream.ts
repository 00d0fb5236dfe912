import { endianness } from 'node:os';
import { z } from 'zod';
import { TensorName } from '../../proto/gen/majlis/v1/trainer.js';
import type { TensorChunk, TensorDeclaration } from '../../proto/gen/majlis/v1/trainer.js';
import { BadInputError, MajlisError } from '../errors.js';
import { count, message } from './message-fields.js';
import { parseMessage } from './parse-message.js';

/**
 * Tensors as a header that declares them and chunks that fill them. The name fixes the element type. Bytes are
 * little-endian, and so is every host that Node runs this on; another one is refused rather than misread.
 *
 * A stream is whole or refused: each tensor's chunks come in order, without gap or overlap, and all that was declared
 * has arrived when the stream ends.
 */

/** INT32 or FLOAT32; the name decides. */
export type Tensor = Int32Array | Float32Array;
/** Tensors by name, in the order in which they are sent. */
export type Tensors = ReadonlyMap<TensorName, Tensor>;

/** A message of a stream: the header first, chunks after it. */
export interface StreamPart<Header> {
  readonly part:
    | { readonly $case: 'header'; readonly value: Header }
    | { readonly $case: 'chunk'; readonly value: TensorChunk }
    | undefined;
}

/** How a stream is read. */
export interface CollectOptions {
  /** The message type, for refusals. */
  readonly source: string;
  /** Most bytes that a header may declare. */
  readonly maxBytes?: number;
}

const DEFAULT_CHUNK_BYTES = 1024 * 1024;
const DEFAULT_MAX_BYTES = 1024 * 1024 * 1024;
const BYTES_PER_ELEMENT = 4;

const INTEGER_TENSORS: ReadonlySet<TensorName> = new Set([
  TensorName.TOKEN_IDS,
  TensorName.OFFSETS,
  TensorName.FIRST,
  TensorName.SECOND,
]);

const declarationsMessage = message({
  tensors: z.array(
    message({
      name: z.enum(TensorName, { error: 'the name of a tensor' }).exclude(['UNSPECIFIED', 'UNRECOGNIZED']),
      length: count,
    }),
  ),
});

/** The header's list of tensors. */
export function declareTensors(tensors: Tensors): TensorDeclaration[] {
  return [...tensors].map(([name, tensor]) => ({ name, length: tensor.length }));
}

/** The header, then the bytes of every tensor in chunks of at most `chunkBytes`. */
export function* streamParts<Header>(
  header: Header,
  tensors: Tensors,
  chunkBytes: number = DEFAULT_CHUNK_BYTES,
): Generator<StreamPart<Header>> {
  requireLittleEndian();
  yield { part: { $case: 'header', value: header } };
  for (const [name, tensor] of tensors) {
    const bytes = new Uint8Array(tensor.buffer, tensor.byteOffset, tensor.byteLength);
    for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
      yield {
        part: { $case: 'chunk', value: { name, offset, data: bytes.subarray(offset, offset + chunkBytes) } },
      };
    }
  }
}

/** Reads a whole stream of parts; one that is out of order or ends early is a BadInputError. */
export async function collectParts<Header extends { readonly tensors: readonly TensorDeclaration[] }>(
  parts: AsyncIterable<StreamPart<Header>>,
  options: CollectOptions,
): Promise<{ readonly header: Header; readonly tensors: Tensors }> {
  requireLittleEndian();
  let header: Header | undefined;
  let assembly: TensorAssembly | undefined;
  for await (const { part } of parts) {
    if (part?.$case === 'chunk' && assembly !== undefined) assembly.add(part.value);
    else if (part?.$case === 'header' && header === undefined) {
      header = part.value;
      assembly = new TensorAssembly(header.tensors, options);
    } else throw outOfPlace(options.source, part?.$case, header === undefined);
  }
  if (header === undefined || assembly === undefined) throw outOfPlace(options.source, undefined, true);
  return { header, tensors: assembly.finish() };
}

class TensorAssembly {
  private readonly filling = new Map<TensorName, { readonly bytes: Uint8Array; filled: number }>();

  constructor(
    declarations: readonly TensorDeclaration[],
    private readonly options: CollectOptions,
  ) {
    const allowedBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    let declaredBytes = 0;
    const { tensors } = parseMessage(declarationsMessage, { tensors: declarations }, options.source);
    for (const { name, length } of tensors) {
      if (this.filling.has(name)) throw this.refusal(name, 'a second declaration', 'one for each tensor');
      declaredBytes += length * BYTES_PER_ELEMENT;
      if (declaredBytes > allowedBytes) {
        throw this.refusal(name, `${declaredBytes} declared bytes`, `at most ${allowedBytes} in one stream`);
      }
      this.filling.set(name, { bytes: new Uint8Array(length * BYTES_PER_ELEMENT), filled: 0 });
    }
  }

  add({ name, offset, data }: TensorChunk): void {
    const tensor = this.filling.get(name);
    if (tensor === undefined) throw this.refusal(name, 'a chunk', 'chunks of declared tensors');
    if (offset !== tensor.filled) {
      throw this.refusal(name, `a chunk at offset ${offset ?? 'nothing'}`, `one at offset ${tensor.filled}`);
    }
    if (data.length > tensor.bytes.length - offset) {
      throw this.refusal(name, `${offset + data.length} bytes`, `the declared ${tensor.bytes.length}`);
    }
    tensor.bytes.set(data, offset);
    tensor.filled += data.length;
  }

  finish(): Tensors {
    const tensors = new Map<TensorName, Tensor>();
    for (const [name, { bytes, filled }] of this.filling) {
      if (filled < bytes.length)
        throw this.refusal(name, `${filled} bytes`, `the declared ${bytes.length} bytes`);
      tensors.set(
        name,
        INTEGER_TENSORS.has(name) ? new Int32Array(bytes.buffer) : new Float32Array(bytes.buffer),
      );
    }
    return tensors;
  }

  private refusal(name: TensorName, found: string, allowed: string): BadInputError {
    return new BadInputError({ source: this.options.source, place: tensorPlace(name), found, allowed });
  }
}

/** How a refusal names a tensor, for example `tensors.old_log_probs`. */
export function tensorPlace(name: TensorName): string {
  return `tensors.${(TensorName[name] ?? String(name)).toLowerCase()}`;
}

function outOfPlace(source: string, found: string | undefined, first: boolean): BadInputError {
  return new BadInputError({
    source,
    place: 'part',
    found: found === undefined ? 'nothing' : `a ${found}`,
    allowed: first ? 'a header first' : 'chunks after the header',
  });
}

function requireLittleEndian(): void {
  if (endianness() === 'LE') return;
  throw new MajlisError('tensors travel little-endian, and this host is big-endian', {
    code: 'unimplemented',
  });
}
