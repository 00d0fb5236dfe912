import type { EntityHalf } from '../domain/locale.js';
import { sha256 } from '../runtime/content-hash.js';

/** The half of the gazetteer that a name falls in: seen where the first byte of the sha256 of its NFC text is even. */
export function entityHalf(text: string): EntityHalf {
  const firstByte = parseInt(sha256(text.normalize('NFC')).slice(0, 2), 16);
  return firstByte % 2 === 0 ? 'seen' : 'unseen';
}
