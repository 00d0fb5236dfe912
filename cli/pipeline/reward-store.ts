import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../core/config/parse-json.js';
import type { Preference } from '../../core/domain/preference.js';
import { canonicalJson } from '../../core/runtime/content-hash.js';
import { makeFolderDurably, writeDurably } from '../../core/runtime/durable-file.js';
import type { RewardNormalizer } from '../../reward/model/reward-normalizer.js';
import type { RewardModelEvaluation } from '../../reward/model/train-reward-model.js';
import type { HeldRewardModel, RewardForm } from './reward-forms/reward-form.js';

const REWARD_FILE = 'reward.json';
const MODEL_FOLDER = 'model';

const preferenceSchema = z.strictObject({
  pair: z.strictObject({
    id: z.string(),
    prompt: z.strictObject({
      id: z.string(),
      text: z.string(),
      locale: z.string(),
      category: z.string().exactOptional(),
    }),
    first: z.string(),
    second: z.string(),
  }),
  rubricHash: z.string(),
  probabilityFirst: z.number(),
  weight: z.number(),
  excludedVerdicts: z.number(),
});

const description = {
  format: z.literal('majlis-reward/1'),
  rewardModelHash: z.string(),
  normalizer: z.array(z.strictObject({ locale: z.string(), mean: z.number(), scale: z.number() })),
  evaluation: z.strictObject({
    accuracy: z.number().exactOptional(),
    lengthBaseline: z.number().exactOptional(),
    pairs: z.int(),
  }),
  preferences: z.array(preferenceSchema),
};

const storedRewardSchema = z.discriminatedUnion('form', [
  z.strictObject({
    ...description,
    form: z.literal('trainer').exactOptional(),
    heads: z.int(),
    /** Optimizer steps that the model has had. */
    steps: z.int(),
    /** Of the weights in `model`. */
    sha256: z.string().exactOptional(),
    /** Of the weights in the directory that the model was made from. */
    baseHash: z.string().exactOptional(),
  }),
  z.strictObject({ ...description, form: z.literal('light') }),
]);

/** What stands beside a stored model. */
export type RewardDescription = z.infer<typeof storedRewardSchema>;

/** The description in a stored reward's folder, whose model is in `model` beside it; undefined where there is none. */
export async function readRewardDescription(folder: string): Promise<RewardDescription | undefined> {
  const source = join(folder, REWARD_FILE);
  if (!existsSync(source)) return undefined;
  return parseJson(await readFile(source, 'utf8'), storedRewardSchema, { source });
}

/** The folder of a stored reward's model. */
export function rewardModelFolder(folder: string): string {
  return join(folder, MODEL_FOLDER);
}

/** All that it takes to pay by a reward model again, but for the model itself. */
export interface RewardRecord {
  readonly rewardModelHash: string;
  readonly normalizer: RewardNormalizer;
  readonly evaluation: RewardModelEvaluation;
  readonly preferences: readonly Preference[];
}

/** A reward that is whole on disk. */
export interface StoredReward extends RewardRecord {
  /** Takes the model up from its folder. */
  readonly restore: () => Promise<HeldRewardModel>;
}

/** Where reward models of one run are kept, so that a run that goes on pays by the same model without judging again. */
export class RewardStore {
  constructor(
    private readonly directory: string,
    private readonly form: RewardForm,
  ) {}

  /**
   * The model's files come first: a reward whose description is there is whole. Files without one were left by a process
   * that died in between; a judge that was asked again may have led to another model.
   */
  async save(name: string, record: RewardRecord, held: HeldRewardModel): Promise<StoredReward> {
    const { normalizer, rewardModelHash, evaluation, preferences } = record;
    const directory = rewardModelFolder(join(this.directory, name));
    if (!existsSync(this.descriptionOf(name))) await rm(directory, { recursive: true, force: true });
    const details = await held.save(directory);
    await makeFolderDurably(join(this.directory, name));
    const stored: RewardDescription = {
      format: 'majlis-reward/1',
      rewardModelHash,
      ...details,
      normalizer: [...normalizer].map(([locale, scale]) => ({ locale, ...scale })),
      evaluation,
      preferences: preferences.map((preference) => ({ ...preference })),
    };
    await writeDurably(this.descriptionOf(name), Buffer.from(canonicalJson(stored)));
    const names = { hash: rewardModelHash, rubricHash: held.model.rubricHash };
    return { ...record, restore: () => this.form.restore(directory, details, names) };
  }

  /** Undefined where nothing whole was saved under the name. */
  async load(name: string, rubricHash: string): Promise<StoredReward | undefined> {
    const folder = join(this.directory, name);
    const stored = await readRewardDescription(folder);
    if (stored === undefined) return undefined;
    const { rewardModelHash, evaluation, preferences } = stored;
    const directory = rewardModelFolder(folder);
    const names = { hash: rewardModelHash, rubricHash };
    return {
      ...{ rewardModelHash, evaluation, preferences },
      normalizer: new Map(stored.normalizer.map(({ locale, ...scale }) => [locale, scale])),
      restore: () => this.form.restore(directory, stored, names),
    };
  }

  /** The same by the model's hash. */
  async find(rewardModelHash: string, rubricHash: string): Promise<StoredReward | undefined> {
    if (!existsSync(this.directory)) return undefined;
    for (const name of (await readdir(this.directory)).sort()) {
      const stored = await this.load(name, rubricHash);
      if (stored?.rewardModelHash === rewardModelHash) return stored;
    }
    return undefined;
  }

  private descriptionOf(name: string): string {
    return join(this.directory, name, REWARD_FILE);
  }
}
