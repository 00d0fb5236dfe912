import { contentHash } from '../../../core/runtime/content-hash.js';
import { labelledPairsHash } from '../labelled-pair.js';
import type { StoredLightReward } from './light-artifact.js';
import type { LightOrigin } from './light-manifest.js';
import { lightModelHash } from './light-model-hash.js';
import { trainLightModel, type LightTraining, type TrainedLightModel } from './train-light-model.js';

export interface TrainedLightReward extends Omit<TrainedLightModel, 'model'> {
  readonly reward: StoredLightReward;
}

/** TrainRewardModel(preferences, rubric, seed): a light model under the name that its origin gives it. */
export async function trainLightReward(training: LightTraining): Promise<TrainedLightReward> {
  const { rubric, profile, pairs, references, seed, settings } = training;
  const { model, ...rest } = await trainLightModel(training);
  const origin: LightOrigin = {
    preferencesHash: labelledPairsHash(pairs),
    rubricHash: rubric.hash,
    profileHash: contentHash(profile),
    seed,
    settings,
    ...(references === undefined ? {} : { referencesHash: contentHash(references) }),
  };
  return { reward: { hash: lightModelHash(origin), rubric, profile, model, origin }, ...rest };
}
