import { MajlisError } from '../errors.js';

const SHA256 = /^[0-9a-f]{64}$/;

/** Whether a name is one of an artifact: 64 lower-case hex digits. */
export function isSha256(name: string): boolean {
  return SHA256.test(name);
}

/** Refuses what is not 64 lower-case hex digits, before it can become part of a path. */
export function requireSha256(sha256: string): void {
  if (isSha256(sha256)) return;
  throw new MajlisError(`an artifact is named by 64 lower-case hex digits, not by ${shorten(sha256)}`, {
    code: 'invalid_argument',
  });
}

/** No such object in the store at that place. */
export function missingArtifact(sha256: string, place: string): MajlisError {
  return new MajlisError(`artifact ${sha256} is not in ${place}`, { code: 'not_found' });
}

/** The bytes at that place are no longer those that were stored. */
export function damagedArtifact(sha256: string, place: string): MajlisError {
  return new MajlisError(`artifact ${sha256} is damaged: ${place} holds other bytes`, { code: 'data_loss' });
}

function shorten(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
