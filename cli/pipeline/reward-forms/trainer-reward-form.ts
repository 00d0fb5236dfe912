import type { TrainerRewardOptions } from '../../../core/config/reward-model-options.js';
import type { Preference } from '../../../core/domain/preference.js';
import { MajlisError } from '../../../core/errors.js';
import type { Rng } from '../../../core/math/rng.js';
import type { Trainer, TrainerCall } from '../../../core/trainer/trainer.js';
import { preferencesHash } from '../../../reward/model/encoded-pair.js';
import type { ModelInTrainer } from '../../../reward/model/model-in-trainer.js';
import { rewardModelHash } from '../../../reward/model/reward-model-hash.js';
import { splitByPrompt, type Split } from '../../../reward/model/split-by-prompt.js';
import { trainRewardModel } from '../../../reward/model/train-reward-model.js';
import { createTrainerRewardModel } from '../../../reward/model/trainer-reward-model.js';
import type { SupervisedCheckpoint } from '../supervised-checkpoint.js';
import type {
  FormDetails,
  FormTraining,
  HeldRewardModel,
  RewardForm,
  RewardNames,
  TrainedForm,
} from './reward-form.js';

export interface TrainerRewardFormParts {
  readonly trainer: Trainer;
  /** Without `expectedVersion`. */
  readonly call: TrainerCall;
  /** Every model begins from its policy. */
  readonly checkpoint: Pick<SupervisedCheckpoint, 'policy'>;
  readonly options: TrainerRewardOptions;
  readonly seed: number;
}

const HELD_OUT_SHARE = 0.2;

/** Networks in the trainer, each from the SFT checkpoint. Answers come with their tokens. */
export class TrainerRewardForm implements RewardForm {
  constructor(private readonly parts: TrainerRewardFormParts) {}

  split(preferences: readonly Preference[], rng: Rng): Split<Preference> {
    const rows = preferences.map((preference) => ({ preference, promptId: preference.pair.prompt.id }));
    const { training, heldOut } = splitByPrompt(rows, HELD_OUT_SHARE, rng);
    const preferencesOf = (part: typeof training): Preference[] => part.map(({ preference }) => preference);
    return { training: preferencesOf(training), heldOut: preferencesOf(heldOut) };
  }

  async train({ rubric, preferences, pairs, rng, signal, onStep }: FormTraining): Promise<TrainedForm> {
    const { trainer, call, checkpoint, options, seed } = this.parts;
    // Not how often it is retrained: a first model is the same whether it is or not.
    const { heads, steps, pairsPerStep, learningRate } = options;
    const settings = { heads, steps, pairsPerStep, learningRate };
    const { model, evaluation } = await trainRewardModel({
      ...{ trainer, call, base: checkpoint.policy.location, pairs, settings },
      rng: rng.fork('training'),
      signal,
      onStep: (done, loss) => {
        onStep({ done, all: steps, note: `loss ${loss.toFixed(3)}` });
      },
    });
    const hash = rewardModelHash({
      preferencesHash: preferencesHash(preferences),
      rubricHash: rubric.hash,
      seed,
      baseHash: checkpoint.policy.hash,
      settings,
    });
    return { held: heldInTrainer(model, { hash, rubricHash: rubric.hash }), evaluation };
  }

  async restore(directory: string, details: FormDetails, names: RewardNames): Promise<HeldRewardModel> {
    if (details.form === 'light') {
      throw new MajlisError(`${directory} holds a light model; this run's are in the trainer`, {
        code: 'data_loss',
      });
    }
    const { trainer, call, checkpoint } = this.parts;
    const place = { trainer, call, base: checkpoint.policy.location };
    return heldInTrainer(await restoreInTrainer(place, directory, details), names);
  }
}

/** Takes a stored network up again, over the policy directory that it began with. */
export async function restoreInTrainer(
  { trainer, call, base }: Pick<ModelInTrainer, 'trainer' | 'call'> & { readonly base: string },
  directory: string,
  { heads, steps }: { readonly heads: number; readonly steps: number },
): Promise<ModelInTrainer> {
  const modelId = await trainer.createModel(call, { role: 'reward', base, heads, seed: 0 });
  await trainer.loadCheckpoint(call, { modelId, directory });
  return { trainer, call: { ...call, expectedVersion: steps }, modelId, heads };
}

/** A model that stands in the trainer, until it is freed there. */
export function heldInTrainer(model: ModelInTrainer, names: RewardNames): HeldRewardModel {
  const { trainer, call, modelId, heads } = model;
  return {
    model: createTrainerRewardModel({ ...names, model }),
    save: async (directory) => {
      const { step } = await trainer.saveCheckpoint(call, { modelId, directory });
      return { heads, steps: step };
    },
    free: () => trainer.deleteModel(call, modelId),
  };
}
