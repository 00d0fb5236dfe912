import type { EntityHalf } from '../domain/locale.js';
import { sha256 } from '../runtime/content-hash.js';

/** The half of the gazetteer that a name falls in: the lowest bit of the sha256 of its NFC text. */
export function entityHalf(text: string): EntityHalf {
  const lastDigit = parseInt(sha256(text.normalize('NFC')).slice(-1), 16);
  return lastDigit % 2 === 0 ? 'seen' : 'unseen';
}
