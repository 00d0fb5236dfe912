import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../core/config/parse-json.js';
import type { Preference } from '../../core/domain/preference.js';
import { canonicalJson } from '../../core/runtime/content-hash.js';
import { makeFolderDurably, writeDurably } from '../../core/runtime/durable-file.js';
import type { Trainer, TrainerCall } from '../../core/trainer/trainer.js';
import type { ModelInTrainer } from '../../reward/model/model-in-trainer.js';
import type { RewardNormalizer } from '../../reward/model/reward-normalizer.js';
import type { RewardModelEvaluation } from '../../reward/model/train-reward-model.js';

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

const storedRewardSchema = z.strictObject({
  format: z.literal('majlis-reward/1'),
  rewardModelHash: z.string(),
  heads: z.int(),
  /** Optimizer steps that the model has had. */
  steps: z.int(),
  normalizer: z.array(z.strictObject({ locale: z.string(), mean: z.number(), scale: z.number() })),
  evaluation: z.strictObject({
    accuracy: z.number().exactOptional(),
    lengthBaseline: z.number().exactOptional(),
    pairs: z.int(),
  }),
  preferences: z.array(preferenceSchema),
});

/** A reward model with all that it takes to pay by it again. */
export interface StoredReward {
  readonly rewardModelHash: string;
  readonly model: ModelInTrainer;
  readonly normalizer: RewardNormalizer;
  readonly evaluation: RewardModelEvaluation;
  readonly preferences: readonly Preference[];
}

/** Where reward models of one run are kept, so that a run that goes on pays by the same model without judging again. */
export class RewardStore {
  constructor(
    private readonly directory: string,
    private readonly trainer: Trainer,
    private readonly call: TrainerCall,
  ) {}

  /**
   * The model's files come first: a reward whose description is there is whole. Files without one were left by a process
   * that died in between; a judge that was asked again may have led to another model.
   */
  async save(name: string, stored: StoredReward): Promise<void> {
    const { model, normalizer, rewardModelHash, evaluation, preferences } = stored;
    const { modelId, call, heads } = model;
    const directory = join(this.directory, name, MODEL_FOLDER);
    if (!existsSync(this.descriptionOf(name))) await rm(directory, { recursive: true, force: true });
    const { step } = await this.trainer.saveCheckpoint(call, { modelId, directory });
    await makeFolderDurably(join(this.directory, name));
    const description: z.infer<typeof storedRewardSchema> = {
      format: 'majlis-reward/1',
      rewardModelHash,
      heads,
      steps: step,
      normalizer: [...normalizer].map(([locale, scale]) => ({ locale, ...scale })),
      evaluation,
      preferences: preferences.map((preference) => ({ ...preference })),
    };
    await writeDurably(this.descriptionOf(name), Buffer.from(canonicalJson(description)));
  }

  /** Undefined where nothing whole was saved under the name. The base gives the model's architecture. */
  async load(name: string, base: string): Promise<StoredReward | undefined> {
    const source = this.descriptionOf(name);
    if (!existsSync(source)) return undefined;
    const stored = parseJson(await readFile(source, 'utf8'), storedRewardSchema, { source });
    const { heads, steps, rewardModelHash, evaluation, preferences } = stored;
    const modelId = await this.trainer.createModel(this.call, { role: 'reward', base, heads, seed: 0 });
    const directory = join(this.directory, name, MODEL_FOLDER);
    await this.trainer.loadCheckpoint(this.call, { modelId, directory });
    const call = { ...this.call, expectedVersion: steps };
    return {
      rewardModelHash,
      evaluation,
      preferences,
      model: { trainer: this.trainer, call, modelId, heads },
      normalizer: new Map(stored.normalizer.map(({ locale, ...scale }) => [locale, scale])),
    };
  }

  /** The same by the model's hash. */
  async find(rewardModelHash: string, base: string): Promise<StoredReward | undefined> {
    if (!existsSync(this.directory)) return undefined;
    for (const name of (await readdir(this.directory)).sort()) {
      const source = this.descriptionOf(name);
      if (!existsSync(source)) continue;
      const stored = parseJson(await readFile(source, 'utf8'), storedRewardSchema, { source });
      if (stored.rewardModelHash === rewardModelHash) return this.load(name, base);
    }
    return undefined;
  }

  private descriptionOf(name: string): string {
    return join(this.directory, name, REWARD_FILE);
  }
}
