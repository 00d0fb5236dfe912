import { z } from 'zod';

/** A flat tensor in JSON: little-endian values, base64. NumPy reads it with `np.frombuffer(b64decode(data), dtype)`. */
export const packedTensorSchema = z.strictObject({
  dtype: z.enum(['float32', 'int32', 'float64']),
  length: z.int().min(0),
  data: z.base64(),
});

export type PackedTensor = z.infer<typeof packedTensorSchema>;

/** Packs an array. Node runs on little-endian machines only, so the bytes are taken as they lie. */
export function packTensor(array: Float32Array | Int32Array | Float64Array): PackedTensor {
  const data = Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');
  return { dtype: dtypeOf(array), length: array.length, data };
}

/** The values of a packed tensor. */
export function unpackTensor(tensor: PackedTensor): Float32Array | Int32Array | Float64Array {
  const bytes = Uint8Array.from(Buffer.from(tensor.data, 'base64'));
  switch (tensor.dtype) {
    case 'float32':
      return new Float32Array(bytes.buffer);
    case 'int32':
      return new Int32Array(bytes.buffer);
    case 'float64':
      return new Float64Array(bytes.buffer);
  }
}

function dtypeOf(array: Float32Array | Int32Array | Float64Array): PackedTensor['dtype'] {
  if (array instanceof Float32Array) return 'float32';
  return array instanceof Int32Array ? 'int32' : 'float64';
}
