import { z } from 'zod';
import { readRows } from '../../core/config/read-rows.js';
import { servingLocale } from '../../core/domain/locale.js';
import type { Locale, Prompt } from '../../core/domain/prompt.js';

const id = z.string().min(1);

/**
 * Prompts as Majlis writes them ({id, text, locale?, category?}) or as Vicuna-80 has them ({question_id, text,
 * category?}). Ids are unique within the file. A prompt has the locale that its line names, which is one of the run's or
 * under one; a line that names none has the run's one.
 */
export async function readPrompts(path: string, locales: readonly Locale[]): Promise<Prompt[]> {
  const line = promptSchema(locales).transform(
    ({ id: given, question_id, text, locale: tag = locales[0], category }): Prompt => {
      const serving = servingLocale(tag, locales);
      const locale = serving?.length === tag.length ? serving : tag;
      const prompt = { id: String(given ?? question_id), text, locale };
      return category === undefined ? prompt : { ...prompt, category };
    },
  );
  return readRows(path, line, { uniqueBy: (prompt) => prompt.id });
}

function promptSchema(locales: readonly Locale[]) {
  const [first] = locales;
  const allowed =
    locales.length === 1
      ? `${first}, the run's locale, or a tag under it`
      : `one of ${locales.join(', ')}, the run's locales, or a tag under one`;
  const isServed = (tag: unknown): boolean =>
    typeof tag === 'string' && servingLocale(tag, locales) !== undefined;
  const served = z.custom<string>(isServed, { error: allowed });
  return z
    .strictObject({
      id: id.optional(),
      question_id: z.union([id, z.int()], { error: 'text or a whole number' }).optional(),
      text: z.string().trim().min(1),
      locale: locales.length === 1 ? served.optional() : served,
      category: z.string().optional(),
    })
    .refine((prompt) => (prompt.id === undefined) !== (prompt.question_id === undefined), {
      error: 'an object with an id or a question_id',
    });
}
