import { z } from 'zod';
import type { InputPlace } from '../../core/config/parse-input.js';
import { BadInputError } from '../../core/errors.js';

const message = z.strictObject({ role: z.string().min(1), content: z.string() });

/** A message of a conversation. */
export type Message = z.infer<typeof message>;

/** A question or an answer as TRL's datasets have it: text, or a list of messages. */
export const textOrMessages = z.union([z.string(), z.array(message).min(1)], {
  error: 'text, or a list of {role, content}',
});

export type TextOrMessages = z.infer<typeof textOrMessages>;

/** The question of a row. Anything but one message of a user is bad input: whoever reads answers here reads one question. */
export function questionOf(prompt: TextOrMessages, where: InputPlace): string {
  return onlyText(prompt, where, { role: 'user', reads: 'a reward model reads one question' });
}

/** The answer of a row: text, or one message of the assistant. */
export function answerOf(answer: TextOrMessages, where: InputPlace): string {
  return onlyText(answer, where, { role: 'assistant', reads: 'a reward model reads one answer' });
}

/**
 * A row whose prompt stands in both answers, as TRL's datasets with implicit prompts have it: undefined where the answers do
 * not begin with the same messages.
 */
export function withPromptApart(
  chosen: TextOrMessages,
  rejected: TextOrMessages,
): { readonly prompt: Message[]; readonly chosen: Message[]; readonly rejected: Message[] } | undefined {
  if (typeof chosen === 'string' || typeof rejected === 'string') return undefined;
  const differing = chosen.findIndex((one, at) => !isSame(one, rejected.at(at)));
  // Two equal conversations differ in nothing; their last message is the answer still.
  const end = differing < 0 ? Math.min(chosen.length, rejected.length) - 1 : differing;
  if (end < 1) return undefined;
  return { prompt: chosen.slice(0, end), chosen: chosen.slice(end), rejected: rejected.slice(end) };
}

function isSame(one: Message, other: Message | undefined): boolean {
  return one.role === other?.role && one.content === other.content;
}

function onlyText(
  value: TextOrMessages,
  where: InputPlace,
  { role, reads }: { readonly role: string; readonly reads: string },
): string {
  if (typeof value === 'string') return value;
  const [only] = value;
  if (value.length === 1 && only.role === role) return only.content;
  const roles = value.map((one) => one.role).join(', ');
  throw new BadInputError({
    ...where,
    found: `${value.length === 1 ? 'a message' : `${value.length} messages`} by ${roles}`,
    allowed: `text, or one message by ${role}: ${reads}`,
  });
}
