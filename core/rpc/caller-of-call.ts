import type { Metadata } from '@grpc/grpc-js';
import type { Caller } from '../trust/authorize.js';

/** By the metadata that a call came with: the same object all the way to its handler, and nothing that a client could send. */
const callers = new WeakMap<Metadata, Caller>();

/** Keeps who was found to make a call, for its handler. */
export function rememberCaller(metadata: Metadata, caller: Caller): void {
  callers.set(metadata, caller);
}

/** Who makes a call, as a handler sees it; undefined where the server asks nobody who they are. */
export function callerOfCall({ metadata }: { readonly metadata: Metadata }): Caller | undefined {
  return callers.get(metadata);
}
