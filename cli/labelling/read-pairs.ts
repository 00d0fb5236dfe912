import { z } from 'zod';
import type { AnswerPair } from '../../core/domain/preference.js';
import type { Locale } from '../../core/domain/prompt.js';
import { readRows } from '../../core/config/read-rows.js';
import { BadInputError } from '../../core/errors.js';
import { contentHash } from '../../core/runtime/content-hash.js';
import { goldPairs } from '../../reward/preference/gold-pairs.js';

const text = z.string().trim().min(1);
const TWO_KINDS = 'an object with first and second, or with better and worse (and then an id)';

/**
 * A pair to be labelled, or a gold pair as examples have them. Of a gold pair only the texts reach the page: who labels
 * it again must not see what was said before.
 */
const fieldsSchema = z.strictObject({
  id: z.string().min(1).optional(),
  prompt: text,
  first: z.string().optional(),
  second: z.string().optional(),
  better: z.string().optional(),
  worse: z.string().optional(),
  locale: z.string().refine(isLanguageTag, { error: 'a BCP-47 language tag such as ar-EG' }).optional(),
  rubric: z.string().optional(),
  why: z.string().optional(),
  provenance: z.string().optional(),
});

type PairLine = z.infer<typeof fieldsSchema>;

const lineSchema = fieldsSchema
  .refine((line) => isOpen(line) !== isGold(line), { error: TWO_KINDS })
  .refine((line) => line.first === undefined || line.first !== line.second, {
    error: 'two different answers',
  })
  .refine((line) => line.better === undefined || line.better !== line.worse, {
    error: 'two different answers',
  });

export interface PairsReading {
  /** Lines that name another rubric are left out, as gold files hold several. */
  readonly rubric: string;
  /** Locale of the lines that name none. */
  readonly locale: Locale;
}

/**
 * Pairs of a file of JSON lines or Parquet, in its order: `{id?, prompt, first, second, locale?}`, or gold pairs `{id, rubric, prompt,
 * better, worse}`. A line without an id is named by its content, so that its labels survive a new order of lines. Which
 * answer of a gold pair is `first` goes by its id, as it does where judges see it.
 */
export async function readPairs(path: string, reading: PairsReading): Promise<AnswerPair[]> {
  const schema = lineSchema.transform((line) => ({ line, pair: pairOf(line, reading.locale) }));
  const lines = await readRows(path, schema, { uniqueBy: ({ pair }) => pair.id });
  const pairs = lines
    .filter(({ line }) => line.rubric === undefined || line.rubric === reading.rubric)
    .map(({ pair }) => pair);
  if (pairs.length > 0) return pairs;
  const rubrics = [...new Set(lines.map(({ line }) => JSON.stringify(line.rubric)))].join(', ');
  throw new BadInputError({
    source: path,
    found: `pairs of ${rubrics} only`,
    allowed: `at least one pair of ${JSON.stringify(reading.rubric)}, or without a rubric`,
  });
}

function isOpen({ first, second, better, worse }: PairLine): boolean {
  return first !== undefined && second !== undefined && better === undefined && worse === undefined;
}

function isGold({ id, first, second, better, worse }: PairLine): boolean {
  return (
    [id, better, worse].every((part) => part !== undefined) && first === undefined && second === undefined
  );
}

function pairOf(line: PairLine, defaultLocale: Locale): AnswerPair {
  const { prompt, first = '', second = '', better = '', worse = '', locale = defaultLocale } = line;
  const id = line.id ?? contentHash({ prompt, first, second }).slice(0, 16);
  if (isGold(line)) return goldPairs([{ id, prompt, better, worse }], locale).pairs[0];
  return { id, prompt: { id, locale, text: prompt }, first, second };
}

function isLanguageTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch (thrown) {
    if (thrown instanceof RangeError) return false;
    throw thrown;
  }
}
