import { z } from 'zod';

export const LIGHT_FORMAT = 'majlis-light-reward/1';

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 of 64 hexadecimal digits');
const finite = z.number();
const count = z.int().min(0);

const settingsSchema = z.strictObject({
  heads: count,
  heldOutShare: finite,
  buckets: count,
  shortestNgram: count,
  longestNgram: count,
  ngramPenalty: finite,
  criterionPenalty: finite,
  stylePenalty: finite,
  compositePrior: finite,
  centring: finite,
  ties: z.enum(['half', 'rao_kupper']),
  gradientTolerance: finite,
});

/** All that a light model is a function of, on one version of the rules that read answers. */
const originSchema = z.strictObject({
  preferencesHash: hash,
  rubricHash: hash,
  /** Of the locale profile that rules read answers by. */
  profileHash: hash,
  seed: count,
  settings: settingsSchema,
  /** Of the answers that rewards are centred on, where they were given. */
  referencesHash: hash.exactOptional(),
});

/** `reward-model.json` of a light model. */
export const lightManifestSchema = z.strictObject({
  format: z.literal(LIGHT_FORMAT),
  /** The model's name, made of its origin. */
  hash,
  origin: originSchema,
  /** sha256 by file. */
  files: z.record(z.string(), hash),
  space: z.strictObject({
    ngrams: z.strictObject({
      buckets: z
        .int()
        .min(1)
        .refine((value) => Number.isInteger(Math.log2(value)), 'a power of two'),
      shortest: z.int().min(1),
      longest: z.int().min(1),
    }),
    criteria: z.array(z.string()),
    locales: z.array(z.string()),
  }),
  columns: z.int().min(1),
  centres: z.array(z.strictObject({ locale: z.string(), values: z.array(finite) })),
  centre: z.array(finite),
  temperature: finite.gt(0),
  tieWidth: finite.min(0),
  style: z.strictObject({ weights: z.array(finite), scales: z.array(finite) }),
  /** sha256 over the canonical JSON of everything above. */
  checksum: hash,
});

export type LightManifest = z.infer<typeof lightManifestSchema>;
export type LightOrigin = z.infer<typeof originSchema>;
