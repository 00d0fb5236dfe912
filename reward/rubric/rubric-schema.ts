import { z } from 'zod';

const sentence = z.string().trim().min(1).normalize('NFC');
const words = z.array(sentence).min(1);
const identifier = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens');
const semanticVersion = z.string().regex(/^\d+\.\d+\.\d+$/, 'a semantic version such as 1.0.0');
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 of 64 hexadecimal digits');

export const DIMENSIONS = [
  'language_fidelity',
  'localisation',
  'register',
  'dialect',
  'norms',
  'values',
  'religion',
  'factuality',
  'helpfulness',
  'bias',
  'safety',
  'robustness',
] as const;

const levelSchema = z.strictObject({
  level: z.number().min(0),
  description: sentence,
  exemplars: z.array(z.strictObject({ prompt: sentence, answer: z.string(), why: sentence })).default([]),
});

/** Only the prompt can be asked about: there is no key for the answer. */
const promptPredicateSchema = z.strictObject({
  categories: words.exactOptional(),
  words: words.exactOptional(),
});

export const criterionSchema = z.strictObject({
  key: identifier,
  version: z.int().min(1),
  dimension: z.enum(DIMENSIONS),
  kind: z.enum(['hard_rule', 'principle', 'pitfall']),
  weight: z.number().min(0),
  evaluator: z.string().min(1),
  parameters: z.record(z.string(), z.unknown()).default({}),
  description: sentence,
  rationale: sentence.exactOptional(),
  sources: z.array(sentence).default([]),
  veto: z.strictObject({ threshold: z.number().min(0).max(1) }).exactOptional(),
  scale: z.enum(['binary', 'ordinal', 'continuous']).default('continuous'),
  levels: z.array(levelSchema).min(2).exactOptional(),
  localDescription: sentence.exactOptional(),
  appliesWhen: promptPredicateSchema.exactOptional(),
  groups: z
    .strictObject({
      subregion: words.exactOptional(),
      religion: words.exactOptional(),
      ageBand: words.exactOptional(),
    })
    .exactOptional(),
  contested: z.strictObject({ target: z.array(z.number().min(0).max(1)) }).exactOptional(),
  /** Stands in stored rubrics; it has to be the content's. */
  hash: sha256Hex.exactOptional(),
});

/** A rubric as a person writes it, whole: nothing is left to a base. */
export const rubricSchema = z.strictObject({
  id: identifier,
  version: semanticVersion,
  title: sentence,
  locale: z.string().min(2),
  criteria: z.array(criterionSchema).min(1),
  /** No answer may be worth less than a vetoed one, and composites are clipped at −1. */
  floor: z.literal(-1).default(-1),
  status: z.enum(['draft', 'shadow', 'active', 'retired']).default('active'),
  parent: z.strictObject({ id: identifier, version: semanticVersion, hash: sha256Hex }).exactOptional(),
  composite: z.strictObject({ formula: sentence }).exactOptional(),
  audience: sentence.exactOptional(),
  authors: z.array(sentence).exactOptional(),
  reviewers: z.array(z.strictObject({ id: sentence, nativeLocale: z.string().min(2) })).exactOptional(),
  changelog: z.array(sentence).exactOptional(),
  hash: sha256Hex.exactOptional(),
});

/**
 * A rubric that stands on another: what it says wins, criteria meet by key, and one of a key that the base lacks is added.
 * Its criteria may leave out what the base says; `without` leaves out criteria of the base.
 */
export const rubricExtensionSchema = rubricSchema.partial().extend({
  id: identifier,
  version: semanticVersion,
  locale: z.string().min(2),
  extends: z.string().min(1),
  without: z.array(identifier).default([]),
  criteria: z.array(criterionSchema.partial().extend({ key: identifier })).default([]),
});

export type CriterionFile = z.infer<typeof criterionSchema>;
export type RubricFile = z.infer<typeof rubricSchema>;
export type RubricExtension = z.infer<typeof rubricExtensionSchema>;
