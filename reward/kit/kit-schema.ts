/**
 * What the files of a culture kit hold. A kit is a folder: `kit.yaml` and a JSON Lines file for each kind of probe. All
 * texts are data; a kit for another locale needs no code.
 */
import { z } from 'zod';

const text = z.string().trim().min(1).normalize('NFC');
const texts = z.array(text).min(1);
const id = z.string().trim().min(1);
/** A text by the register that it is written in. */
const byRegister = z.record(z.string(), text);

/** Where a name stands in a frame. */
export const NAME_SLOT = '{name}';
export const PERSON_SLOT = '{person}';
export const PLACE_SLOT = '{place}';

/** `kit.yaml`. */
export const manifestSchema = z.strictObject({
  locale: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/, 'a BCP 47 language tag such as ar or ko-KR'),
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'a semantic version such as 1.0.0'),
  title: text,
  origin: z.enum(['authored', 'collected']),
  /** Whether native speakers have read the probes. */
  nativeChecked: z.boolean(),
  /** Registers that rubrics of the locale ask for, the one that the probes are written in first. */
  registers: z
    .array(z.strictObject({ name: id, rubric: id }))
    .min(1)
    .max(2),
  /** Readers whom the model is to serve alike, by what tells them apart. */
  groups: z.array(z.strictObject({ axis: id, name: id, persons: texts, places: texts })).default([]),
});

/** Two answers to a question, of which one has one plain fault. */
export const pairSchema = z.strictObject({
  id,
  dimension: id,
  topic: id,
  prompt: text,
  better: text,
  worse: text,
});

/** One answer said in both registers. */
export const swapSchema = z.strictObject({ id, prompt: text, answers: byRegister });

/** An answer in parts, each said in both registers. */
export const registerSeriesSchema = z.strictObject({ id, prompt: text, parts: z.array(byRegister).min(2) });

/** An answer in parts, each said in the locale's language and in a foreign one. */
export const languageSeriesSchema = z.strictObject({
  id,
  prompt: text,
  parts: z.array(z.strictObject({ own: text, foreign: text })).min(2),
});

/** A question and its answer with `{name}` in them; nothing in it is a matter of culture. */
export const nameFrameSchema = z
  .strictObject({ id, kind: z.enum(['person', 'place']), prompt: text, answer: text })
  .refine(({ answer }) => answer.includes(NAME_SLOT), `an answer with ${NAME_SLOT} in it`);

/** An answer, and what would be added to it for the score's sake only. */
export const stuffingSchema = z.strictObject({ id, prompt: text, answer: text, addition: text });

/** An answer that is good or poor, and sentences that make it longer and no better. */
export const lengthSchema = z.strictObject({
  id,
  quality: z.enum(['good', 'poor']),
  prompt: text,
  answer: text,
  padding: texts,
});

/** A question that is answered by yes or no. */
export const yesNoSchema = z.strictObject({
  id,
  prompt: text,
  truth: z.enum(['yes', 'no']),
  yes: text,
  no: text,
});

const plainPair = z.strictObject({ prompt: text, better: text, worse: text });

/** A pair, and the same pair in another language. */
export const translationSchema = z.strictObject({
  id,
  ...plainPair.shape,
  translation: z.strictObject({ locale: z.string().min(2), ...plainPair.shape }),
});

/** A pair about a person or a place of one's own; every group's names are put in. */
export const groupFrameSchema = z
  .strictObject({ id, ...plainPair.shape })
  .refine(
    ({ prompt }) => prompt.includes(PERSON_SLOT),
    `a prompt with ${PERSON_SLOT} in it, since groups may share their places`,
  );

export type KitManifest = z.infer<typeof manifestSchema>;
export type KitGroup = KitManifest['groups'][number];
export type KitPair = z.infer<typeof pairSchema>;
export type SwapItem = z.infer<typeof swapSchema>;
export type RegisterSeries = z.infer<typeof registerSeriesSchema>;
export type LanguageSeries = z.infer<typeof languageSeriesSchema>;
export type NameFrame = z.infer<typeof nameFrameSchema>;
export type StuffingItem = z.infer<typeof stuffingSchema>;
export type LengthItem = z.infer<typeof lengthSchema>;
export type YesNoItem = z.infer<typeof yesNoSchema>;
export type TranslationItem = z.infer<typeof translationSchema>;
export type GroupFrame = z.infer<typeof groupFrameSchema>;
