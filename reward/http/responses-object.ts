import { z } from 'zod';
import { content, textOf } from './last-question.js';

/** A response of OpenAI's Responses API, as far as it is read. */
export const responsesObject = z.looseObject({
  output: z.array(z.looseObject({ type: z.string().optional(), content: z.unknown().optional() })),
});

/**
 * The answer in it: the texts of its messages. Reasoning and calls of tools are no part of it, as in NeMo-Gym's own
 * comparison; a response that says nothing is an empty answer.
 */
export function answerInResponse({ output }: z.output<typeof responsesObject>): string {
  const said = output.map((item) => {
    const { data } = item.type === 'message' ? content.safeParse(item.content) : { data: undefined };
    return data === undefined ? '' : textOf(data);
  });
  return said.join('');
}
