import { z } from 'zod';
import type { InputPlace } from '../../core/config/parse-input.js';
import { BadInputError } from '../../core/errors.js';

/** A part of a message that is text, in OpenAI's two interfaces. */
const TEXT_PARTS: ReadonlySet<unknown> = new Set(['text', 'input_text', 'output_text']);

const part = z.looseObject({ type: z.unknown().optional(), text: z.unknown().optional() });

/** What a message says: text, or a list of parts, of which those that are text count. */
export const content = z.union([z.string(), z.array(part)], { error: 'text, or a list of parts' });

/** A conversation. Items that are no messages (calls of tools, reasoning) have no role and are passed over. */
export const messages = z.array(z.looseObject({ role: z.string().optional(), content: content.nullish() }));

/** The text of a message's content; parts that are no text are left out. */
export function textOf(said: z.output<typeof content>): string {
  if (typeof said === 'string') return said;
  return said
    .map(({ type, text }) => (TEXT_PARTS.has(type) && typeof text === 'string' ? text : ''))
    .join('');
}

/**
 * What the user said last: a reward reads one question and its answer. A conversation in which no user speaks is a
 * BadInputError.
 */
export function lastQuestion(conversation: z.output<typeof messages>, where: InputPlace): string {
  const last = conversation.findLast(({ role }) => role === 'user');
  if (last?.content != null) return textOf(last.content);
  const roles = conversation.map(({ role = 'nobody' }) => role).join(', ');
  const found = conversation.length === 0 ? 'no messages' : `messages by ${roles}`;
  throw new BadInputError({ ...where, found, allowed: 'at least one message by user' });
}
