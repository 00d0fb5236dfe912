import { z } from 'zod';

const sentence = z.string().trim().min(1).normalize('NFC');

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

export const criterionSchema = z.strictObject({
  key: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens'),
  version: z.int().min(1),
  dimension: z.enum(DIMENSIONS),
  kind: z.enum(['hard_rule', 'principle', 'pitfall']),
  weight: z.number().min(0),
  evaluator: z.string().min(1),
  parameters: z.record(z.string(), z.unknown()).default({}),
  description: sentence,
  rationale: sentence.optional(),
  sources: z.array(sentence).default([]),
  veto: z.strictObject({ threshold: z.number().min(0).max(1) }).optional(),
});

/** A rubric as a person writes it, without its hash. */
export const rubricSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens'),
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'a semantic version such as 1.0.0'),
  title: sentence,
  locale: z.string().min(2),
  criteria: z.array(criterionSchema).min(1),
  /** No answer may be worth less than a vetoed one, and composites are clipped at −1. */
  floor: z.literal(-1).default(-1),
});

export type RubricFile = z.infer<typeof rubricSchema>;
