import { createHash, timingSafeEqual } from 'node:crypto';
import { MajlisError } from '../errors.js';
import type { Role } from './role.js';
import { rolesFor } from './role-methods.js';

/** Who calls. */
export interface Caller {
  /** As the tokens file has it; what the audit log shows. */
  readonly name: string;
  readonly role: Role;
}

/**
 * Says who calls, or refuses: `unauthenticated` where nobody is shown that is known, `permission_denied` where the role may
 * not call the method. The same for gRPC and HTTP.
 *
 * `header` is the authorization header or metadata as it came. `method` is a name of role-methods.ts. `subjects` are the
 * names of the peer's verified client certificate; they count only where no header is sent, so that a wrong token is
 * refused and not overlooked.
 */
export type Authorize = (header: string | undefined, method: string, subjects?: readonly string[]) => Caller;

/** A refused call, with who made it where that was known. */
export class RefusedCall extends MajlisError {
  constructor(
    message: string,
    code: 'unauthenticated' | 'permission_denied',
    readonly caller?: Caller,
  ) {
    super(message, { code });
    this.name = 'RefusedCall';
  }
}

/** A token that is known, as its digest alone: what is kept cannot be shown. */
export interface KnownToken extends Caller {
  /** sha256 of the token's UTF-8, 32 bytes. */
  readonly sha256: Uint8Array;
}

/** A client certificate's name that is known. */
export interface KnownSubject extends Caller {
  /** Its common name, or one of its DNS or URI names. */
  readonly subject: string;
}

/** Everybody who is known. */
export interface KnownCallers {
  readonly tokens: readonly KnownToken[];
  readonly certificates: readonly KnownSubject[];
}

/** Authorizes by whoever is known at the time of the call. */
export function authorizeBy(known: () => KnownCallers): Authorize {
  return (header, method, subjects = []) => {
    const caller = header === undefined ? ofSubject(known(), subjects) : ofToken(known(), header);
    requireRole(caller, method);
    return caller;
  };
}

/** Authorizes whoever shows one token, as that caller. */
export function authorizeToken(token: string, caller: Caller): Authorize {
  const known = { tokens: [{ ...caller, sha256: digestOf(token) }], certificates: [] };
  return authorizeBy(() => known);
}

/** The sha256 of a token's text. */
export function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Every token is compared, in the same time wherever they differ: how long a refusal takes tells nothing. */
function ofToken({ tokens }: KnownCallers, header: string): Caller {
  const [, shown] = /^Bearer (.+)$/i.exec(header) ?? [];
  if (shown === undefined) throw unauthenticated('the authorization header holds no bearer token');
  const digest = digestOf(shown);
  let found: Caller | undefined;
  for (const token of tokens) if (timingSafeEqual(digest, token.sha256)) found ??= token;
  if (found === undefined) throw unauthenticated('the token is none that is known here');
  return { name: found.name, role: found.role };
}

function ofSubject({ certificates }: KnownCallers, subjects: readonly string[]): Caller {
  const found = certificates.find(({ subject }) => subjects.includes(subject));
  if (found !== undefined) return { name: found.name, role: found.role };
  const sentence =
    subjects.length === 0
      ? 'the call shows no token'
      : `the call shows no token, and its certificate (${subjects.join(', ')}) is none that is known here`;
  throw unauthenticated(sentence);
}

function requireRole({ name, role }: Caller, method: string): void {
  const roles = rolesFor(method);
  if (roles.includes(role)) return;
  const who = roles.length === 0 ? 'nobody may' : `${roles.join(' or ')} may`;
  const sentence = `${name} is ${role} and may not call ${method}; ${who}`;
  throw new RefusedCall(sentence, 'permission_denied', { name, role });
}

function unauthenticated(sentence: string): RefusedCall {
  return new RefusedCall(sentence, 'unauthenticated');
}
