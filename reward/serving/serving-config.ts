import { z } from 'zod';
import { trainerAddressSchema } from '../../core/config/compute-options.js';
import { readYaml } from '../../core/config/read-yaml.js';
import { clientTlsSchema } from '../../core/config/trust-options.js';

const count = z.int().min(1);
const path = z.string().min(1);

/** What a caller is called, or an alias: the name of a token has the same shape. */
const name = z.string().regex(/^[a-z0-9]+([._-][a-z0-9]+)*$/i, 'letters and digits, joined by . _ or -');

/** A PyTorch trainer that is there already, named as run files name one. */
const trainerSchema = z.strictObject({
  torch: z.strictObject({
    address: trainerAddressSchema,
    /** Holds the token that it asks for. */
    tokenFile: path.exactOptional(),
    /** How one that has a certificate is known, and what is shown to it. */
    tls: clientTlsSchema.exactOptional(),
  }),
});

const ownSource = {
  /** The id of a shipped rubric, or a file. A model brings its own; where both are there, they have to be the same. */
  rubric: path.exactOptional(),
  /** Folder of a reward model: of `majlis reward train`, or one of a run. Absent: the rubric's rules alone. */
  model: path.exactOptional(),
  /** What computes a network of the PyTorch trainer; the file's own where it is left out. */
  trainer: trainerSchema.exactOptional(),
  /** β of the pessimistic reward μ − σ²/(2β); absent pays the mean. */
  beta: z.number().min(1e-6).max(1e6).exactOptional(),
  /** Answers {prompt, answer} whose rewards get mean 0 and deviation 1 in each locale. */
  references: path.exactOptional(),
};

const hasSource = ({ rubric, model }: { readonly rubric?: string; readonly model?: string }): boolean =>
  rubric !== undefined || model !== undefined;

/** The reward of one locale. */
const localeSourceSchema = z
  .strictObject(ownSource)
  .refine(hasSource, { message: 'a rubric, a model, or both' });

/** Where a reward comes from. Paths are relative to the file's folder. */
const rewardSourceSchema = z
  .strictObject({
    ...ownSource,
    /** One for each locale, by BCP-47 tag, in place of the others: an answer is paid by the one of its prompt's locale. */
    locales: z.record(z.string().min(2), localeSourceSchema).exactOptional(),
  })
  .refine(
    ({ locales, ...own }) =>
      locales === undefined
        ? hasSource(own)
        : Object.keys(own).length === 0 && Object.keys(locales).length > 0,
    { message: 'a rubric, a model, or both; or locales alone' },
  );

const callerLimitsSchema = z.strictObject({
  answersPerSecond: z.number().positive().exactOptional(),
  burst: count.exactOptional(),
  answersInFlight: count.exactOptional(),
  answersPerDay: count.exactOptional(),
});

const limitsSchema = z.strictObject({
  queuedAnswers: count.exactOptional(),
  answersPerRequest: count.exactOptional(),
  answersPerCall: count.exactOptional(),
  deadlineMs: count.max(86_400_000).exactOptional(),
  cacheBytes: z.int().min(0).exactOptional(),
  /** Longest body of an HTTP request, and longest message of gRPC. */
  bodyBytes: count.exactOptional(),
  /** Of each caller that has no limits of its own. */
  everyCaller: callerLimitsSchema.default({}),
  /** By the name of a token or certificate. */
  callers: z.record(name, callerLimitsSchema).default({}),
});

/** The file of a reward server: what it serves under which alias, and how much it takes on. */
export const servingConfigSchema = z.strictObject({
  rewards: z
    .record(name, rewardSourceSchema)
    .refine((rewards) => Object.keys(rewards).length > 0, { message: 'at least one reward, such as active' }),
  /** Of every network of the PyTorch trainer that names none. */
  trainer: trainerSchema.exactOptional(),
  limits: limitsSchema.prefault({}),
  /** How long a server that stops lets requests finish. */
  drainMs: z.int().min(0).max(3_600_000).default(30_000),
});

export type ServingConfig = z.infer<typeof servingConfigSchema>;
export type RewardSource = ServingConfig['rewards'][string];
/** A running PyTorch trainer. */
export type TrainerSource = z.infer<typeof trainerSchema>;
/** The reward of one locale. */
export type LocaleSource = z.infer<typeof localeSourceSchema>;

/** Reads a reward server's file; a bad one is a BadInputError that names the place. */
export function readServingConfig(file: string): Promise<ServingConfig> {
  return readYaml(file, servingConfigSchema);
}
