import { createHash } from 'node:crypto';
import { canonicalJson } from '../../runtime/content-hash.js';

/** sha256 of a request whose tensors are typed arrays: they are hashed as bytes, all else as canonical JSON. */
export function requestHash(request: object): string {
  const hash = createHash('sha256');
  const plain = JSON.parse(
    JSON.stringify(request, (_key, value: unknown) => {
      if (!ArrayBuffer.isView(value)) return value;
      hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
      return `${value.constructor.name} of ${value.byteLength} bytes`;
    }),
  ) as unknown;
  return hash.update(canonicalJson(plain)).digest('hex');
}
