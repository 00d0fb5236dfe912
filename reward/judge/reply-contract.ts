import { z } from 'zod';
import type { ReplyFormat } from './chat-call.js';
import { jsonOrUndefined } from './json-or-undefined.js';

/**
 * What a reply has to be: one flat JSON object with the call's own id and one field for each thing asked, each out of
 * a closed list. Invariant: a reply that is anything else, or that carries the id of another call, has no value. What
 * an answer smuggles into a reply verbatim is therefore never taken: the answer's author could not know the id.
 */
export interface ReplyContract {
  /** What the reply repeats: fresh for every question, and unknown to whoever wrote the answers. */
  readonly callId: string;
  readonly fields: readonly ReplyField[];
}

/** One thing asked: its name in the reply and the values that it may take. */
export interface ReplyField {
  readonly name: string;
  readonly options: readonly (string | number | boolean)[];
}

/** No criterion's key has an underscore, so that no field can take this name. */
const CALL_ID = 'call_id';

/** The index of the chosen option, by field name. */
export type Choices = Readonly<Record<string, number>>;

/** The choices that a reply makes; undefined where it breaks the contract in any way. */
export function readReply(content: string, { callId, fields }: ReplyContract): Choices | undefined {
  const value = jsonOrUndefined(content);
  const parsed = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).safeParse(value);
  if (!parsed.success || parsed.data[CALL_ID] !== callId) return undefined;
  if (Object.keys(parsed.data).length !== fields.length + 1) return undefined;
  // Of a repeated key, JSON.parse keeps the last: a reply has to be what it was read as, and no more.
  if (unspaced(content).length !== unspaced(JSON.stringify(parsed.data)).length) return undefined;
  const choices = fields.map(({ name, options }): [string, number] => [
    name,
    options.indexOf(parsed.data[name]),
  ]);
  return choices.some(([, choice]) => choice < 0) ? undefined : Object.fromEntries(choices);
}

/** The contract as JSON Schema. It does not name the call, so that endpoints compile it once. */
export function replyFormat({ fields }: ReplyContract): ReplyFormat {
  const properties = Object.fromEntries<object>([
    [CALL_ID, { type: 'string' }],
    ...fields.map(({ name, options }): [string, object] => [name, optionSchema(options)]),
  ]);
  const required = [CALL_ID, ...fields.map(({ name }) => name)];
  return { name: 'verdict', schema: { type: 'object', properties, required, additionalProperties: false } };
}

/** What the reply looks like, for the prompt: `{"call_id":"…","verdict":"A"|"B"|"tie"}`. */
export function replyPattern({ callId, fields }: ReplyContract): string {
  const parts = fields.map(({ name, options }) => {
    return `${JSON.stringify(name)}:${options.map((option) => JSON.stringify(option)).join('|')}`;
  });
  return `{${[`"${CALL_ID}":${JSON.stringify(callId)}`, ...parts].join(',')}}`;
}

function optionSchema(options: ReplyField['options']): object {
  const [first] = options;
  if (typeof first === 'boolean') return { type: 'boolean' };
  return { type: typeof first === 'number' ? 'integer' : 'string', enum: options };
}

function unspaced(text: string): string {
  return text.replace(/\s/gu, '');
}
