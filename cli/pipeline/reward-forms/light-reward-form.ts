import type { LocaleProfile } from '../../../core/domain/locale.js';
import type { Preference } from '../../../core/domain/preference.js';
import { MajlisError } from '../../../core/errors.js';
import { lengthBaseline, pairAccuracy, type JudgedLengths } from '../../../reward/model/length-nuisance.js';
import { labelledPair, type LabelledPair } from '../../../reward/model/labelled-pair.js';
import { loadLightReward, saveLightReward } from '../../../reward/model/light/light-artifact.js';
import type { StoredLightReward } from '../../../reward/model/light/light-artifact.js';
import { createLightRewardModel } from '../../../reward/model/light/light-reward-model.js';
import { LIGHT_DEFAULTS } from '../../../reward/model/light/light-settings.js';
import { splitLightPairs } from '../../../reward/model/light/train-light-model.js';
import { trainLightReward, type TrainedLightReward } from '../../../reward/model/light/train-light-reward.js';
import { scorePairs } from '../../../reward/model/score-pairs.js';
import type { Split } from '../../../reward/model/split-by-prompt.js';
import type { RewardModelEvaluation } from '../../../reward/model/train-reward-model.js';
import type {
  FormDetails,
  FormTraining,
  HeldRewardModel,
  RewardForm,
  RewardNames,
  TrainedForm,
} from './reward-form.js';

export interface LightRewardFormParts {
  readonly profile: LocaleProfile;
  readonly heads: number;
  readonly seed: number;
}

/** Models on features of the text: nothing of them is in the trainer. A run trains what `majlis reward train` would. */
export class LightRewardForm implements RewardForm {
  constructor(private readonly parts: LightRewardFormParts) {}

  split(preferences: readonly Preference[]): Split<Preference> {
    const rows = preferences.map((preference) => ({ ...labelledPair(preference), preference }));
    const { training, heldOut } = splitLightPairs(rows, { ...LIGHT_DEFAULTS, seed: this.parts.seed });
    const preferencesOf = (part: typeof training): Preference[] => part.map(({ preference }) => preference);
    return { training: preferencesOf(training), heldOut: preferencesOf(heldOut) };
  }

  async train({ rubric, preferences, references, signal, onStep }: FormTraining): Promise<TrainedForm> {
    const { profile, heads, seed } = this.parts;
    const trained = await trainLightReward({
      ...{ rubric, profile, seed, settings: { ...LIGHT_DEFAULTS, heads } },
      pairs: preferences.map(labelledPair),
      signal,
      ...(references.length === 0 ? {} : { references }),
      onFit: (done, all) => {
        onStep({ done, all });
      },
    });
    return { held: heldLight(trained.reward), evaluation: await evaluationOf(trained, signal) };
  }

  async restore(directory: string, { form }: FormDetails, { hash }: RewardNames): Promise<HeldRewardModel> {
    const found = form === 'light' ? await loadLightReward(directory) : undefined;
    if (found?.hash === hash) return heldLight(found);
    const held = found === undefined ? 'a model of the trainer' : `model ${found.hash}`;
    throw new MajlisError(`${directory} holds ${held}, not light model ${hash}`, { code: 'data_loss' });
  }
}

function heldLight(reward: StoredLightReward): HeldRewardModel {
  return {
    model: createLightRewardModel(reward),
    save: async (directory) => {
      await saveLightReward(directory, reward);
      return { form: 'light' };
    },
    free: async () => undefined,
  };
}

/** On the prompts that the model did not learn from, as the trainer's form is measured; lengths are in characters. */
async function evaluationOf(
  { reward, pairs }: TrainedLightReward,
  signal: AbortSignal,
): Promise<RewardModelEvaluation> {
  const { scored } = await scorePairs(createLightRewardModel(reward), pairs.heldOut, { signal });
  const accuracy = pairAccuracy(scored, ({ lead }) => lead);
  const baseline = lengthBaseline(pairs.training.map(lengthsOf), pairs.heldOut.map(lengthsOf));
  return {
    ...(accuracy === undefined ? {} : { accuracy }),
    ...(baseline === undefined ? {} : { lengthBaseline: baseline }),
    pairs: scored.length,
  };
}

function lengthsOf({ first, second, probabilityFirst, weight }: LabelledPair): JudgedLengths {
  return {
    ...{ probabilityFirst, weight },
    first: { answerLength: first.length },
    second: { answerLength: second.length },
  };
}
