import { join } from 'node:path';
import { loadLocale } from '../../core/config/load-locale.js';
import { packageRoot } from '../../core/runtime/package-root.js';
import { evaluators } from '../../reward/judge/evaluators/registry.js';
import type { LabelledPair } from '../../reward/model/labelled-pair.js';
import { createLightRewardModel } from '../../reward/model/light/light-reward-model.js';
import { LIGHT_DEFAULTS, type LightSettings } from '../../reward/model/light/light-settings.js';
import type { LightTraining } from '../../reward/model/light/train-light-model.js';
import { trainLightReward, type TrainedLightReward } from '../../reward/model/light/train-light-reward.js';
import type { RewardModel, RewardScore } from '../../reward/model/reward-model.js';
import { loadRubric } from '../../reward/rubric/load-rubric.js';
import { emptyRubric } from './reward-fixtures.js';
import { arabic } from './small-locales.js';

type Changes = Partial<LightTraining> & { readonly change?: Partial<LightSettings> };

/** On n-grams alone and few buckets, so that training takes milliseconds. */
export async function trainLight(
  pairs: readonly LabelledPair[],
  { change, ...rest }: Changes = {},
): Promise<TrainedLightReward> {
  const settings = { ...LIGHT_DEFAULTS, buckets: 1 << 12, ...change };
  return trainLightReward({ pairs, rubric: emptyRubric, profile: arabic, settings, seed: 1, ...rest });
}

/** With the criteria of a shipped rubric, read by its shipped profile. */
export async function trainShipped(
  rubricId: string,
  pairs: readonly LabelledPair[],
  changes: Changes = {},
): Promise<TrainedLightReward> {
  const folder = join(packageRoot, 'reward');
  const profile = await loadLocale(
    join(folder, 'locales', `${rubricId.slice(0, rubricId.search(/-|$/))}.yaml`),
  );
  const rubric = await loadRubric(join(folder, 'rubrics', `${rubricId}.yaml`), {
    evaluators,
    profiles: [profile],
  });
  return trainLight(pairs, { rubric, profile, ...changes });
}

/** Scores answers to one prompt; a test whose answer gets no score fails. */
export async function scoresOf(
  model: RewardModel | TrainedLightReward,
  prompt: LabelledPair['prompt'],
  answers: readonly string[],
): Promise<RewardScore[]> {
  const scorer = 'reward' in model ? createLightRewardModel(model.reward) : model;
  const outcomes = await scorer.score(answers.map((answer) => ({ prompt, answer })));
  return outcomes.map((outcome) => {
    if (outcome.kind !== 'scored') throw new Error(`expected a score, found ${outcome.kind}`);
    return outcome.score;
  });
}
