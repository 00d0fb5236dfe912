import type { TrainerRewardOptions } from '../../../core/config/reward-model-options.js';
import type { Preference } from '../../../core/domain/preference.js';
import { MajlisError } from '../../../core/errors.js';
import type { Rng } from '../../../core/math/rng.js';
import type { LoadedCheckpoint, LoraSettings, Trainer, TrainerCall } from '../../../core/trainer/trainer.js';
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
  TrainerFormDetails,
} from './reward-form.js';

export interface TrainerRewardFormParts {
  readonly trainer: Trainer;
  /** Without `expectedVersion`. */
  readonly call: TrainerCall;
  /** Every model begins from its policy. */
  readonly checkpoint: Pick<SupervisedCheckpoint, 'policy'>;
  readonly options: TrainerRewardOptions;
  /** What the trainer makes of every model that it is not told otherwise of; absent: all weights are trained. */
  readonly lora?: LoraSettings | undefined;
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
    const { trainer, call, checkpoint, options, seed, lora } = this.parts;
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
      ...(lora === undefined ? {} : { lora }),
    });
    const names = { hash, rubricHash: rubric.hash };
    return { held: heldInTrainer(model, names, checkpoint.policy.hash), evaluation };
  }

  async restore(directory: string, details: FormDetails, names: RewardNames): Promise<HeldRewardModel> {
    if (details.form === 'light') {
      throw new MajlisError(`${directory} holds a light model; this run's are in the trainer`, {
        code: 'data_loss',
      });
    }
    const { trainer, call, checkpoint } = this.parts;
    const place = { trainer, call, base: checkpoint.policy.location };
    return heldInTrainer(await restoreInTrainer(place, directory, details), names, details.baseHash);
  }
}

/**
 * Takes a stored network up again, over the policy directory that it began with. Weights that are not the ones which its description
 * names are `data_loss`; nothing of it stays in the trainer then.
 */
export async function restoreInTrainer(
  { trainer, call, base }: Pick<ModelInTrainer, 'trainer' | 'call'> & { readonly base: string },
  directory: string,
  { heads, steps, sha256 }: TrainerFormDetails,
): Promise<ModelInTrainer> {
  const modelId = await trainer.createModel(call, { role: 'reward', base, heads, seed: 0 });
  try {
    const loaded = await trainer.loadCheckpoint(call, { modelId, directory });
    requireSame(directory, loaded, { sha256: sha256 ?? loaded.sha256, step: steps });
  } catch (thrown) {
    await Promise.allSettled([trainer.deleteModel(call, modelId)]);
    throw thrown;
  }
  return { trainer, call: { ...call, expectedVersion: steps }, modelId, heads };
}

/** The weights of another model, in the place of those that were saved. */
function requireSame(directory: string, found: LoadedCheckpoint, wanted: LoadedCheckpoint): void {
  if (found.sha256 === wanted.sha256 && found.step === wanted.step) return;
  const described = ({ sha256, step }: LoadedCheckpoint): string => `sha256 ${sha256} after ${step} steps`;
  const sentence = `${directory} holds the weights of another model: found ${described(found)}; reward.json beside it names ${described(wanted)}. Next: put back the folder that the run wrote.`;
  throw new MajlisError(sentence, { code: 'data_loss' });
}

/** A model that stands in the trainer, until it is freed there; `baseHash` names the weights that it was made from. */
export function heldInTrainer(model: ModelInTrainer, names: RewardNames, baseHash?: string): HeldRewardModel {
  const { trainer, call, modelId, heads } = model;
  return {
    model: createTrainerRewardModel({ ...names, model }),
    save: async (directory) => {
      const { step: steps, sha256 } = await trainer.saveCheckpoint(call, { modelId, directory });
      return { heads, steps, sha256, ...(baseHash === undefined ? {} : { baseHash }) };
    },
    free: () => trainer.deleteModel(call, modelId),
  };
}
