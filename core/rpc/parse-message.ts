import type { z } from 'zod';
import { BadInputError } from '../errors.js';

/** A decoder of one message type, as ts-proto generates them. */
export interface MessageDecoder<Message> {
  decode(bytes: Uint8Array): Message;
}

/**
 * Checks a decoded message against its schema and returns the domain value. A refusal is a BadInputError that names
 * the message and the field's path in the names of the .proto file, for example `rollout.sampling.temperature`.
 */
export function parseMessage<Schema extends z.ZodType>(
  schema: Schema,
  message: unknown,
  source: string,
): z.output<Schema> {
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path ?? [];
  const { place, found } = locate(message, path);
  throw new BadInputError(
    { source, ...(place === '' ? {} : { place }), found, allowed: issue?.message ?? 'another value' },
    parsed.error,
  );
}

/** Decodes bytes into a message; bytes that are no such message are a BadInputError. */
export function decodeMessage<Message>(
  decoder: MessageDecoder<Message>,
  bytes: Uint8Array,
  source: string,
): Message {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    const found = `${bytes.length} bytes that do not decode (${error instanceof Error ? error.message : String(error)})`;
    throw new BadInputError({ source, found, allowed: 'an encoded message of that type' }, error);
  }
}

/** Walks a zod path. A oneof's `{ $case, value }` is one step, named by its case. */
function locate(message: unknown, path: readonly PropertyKey[]): { place: string; found: string } {
  const names: string[] = [];
  let at = message;
  for (const key of path) {
    const inner: unknown = isRecord(at) ? at[String(key)] : undefined;
    if (isRecord(at) && typeof at.$case === 'string' && key === 'value') names[names.length - 1] = at.$case;
    else names.push(String(key));
    at = inner;
  }
  return { place: names.map(snakeCase).join('.'), found: describe(at) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === '') return 'an empty text';
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (Array.isArray(value)) return `${value.length} entries`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return 'a message';
}
