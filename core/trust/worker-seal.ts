/**
 * Which worker a result comes from, where all workers of a pool share one way onto the bus: each draws a secret when it starts,
 * tells the coordinator its digest when it attaches, and puts the secret beside its name on what it publishes, which no other
 * worker may read. So nobody is blamed for what somebody else published under their name.
 */
import { randomBytes } from 'node:crypto';
import { sha256 } from '../runtime/content-hash.js';

/** A worker's secret, and what others may know of it. */
export interface WorkerSeal {
  readonly secret: string;
  /** sha256 of the secret, in hex. */
  readonly digest: string;
}

const SECRET_BYTES = 16;
const SIGNATURE = /^(.*) ([A-Za-z0-9_-]{22})$/;

/** A seal that nobody can guess. */
export function newWorkerSeal(): WorkerSeal {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { secret, digest: sha256(secret) };
}

/** What a worker calls itself on its results. */
export function sealedName(name: string, { secret }: WorkerSeal): string {
  return `${name} ${secret}`;
}

/** The name that a result claims, and the digest of the seal beside it where it has one. */
export function readSealedName(header: string): { readonly name: string; readonly digest?: string } {
  const [, name, secret] = SIGNATURE.exec(header) ?? [];
  return name === undefined || secret === undefined ? { name: header } : { name, digest: sha256(secret) };
}
