import type { CultureKit } from '../../../../reward/kit/culture-kit.js';
import type { NamedModel } from '../../../../reward/kit/kit-answers.js';
import type { StoredLightReward } from '../../../../reward/model/light/light-artifact.js';
import { openLightReward } from '../open-light-reward.js';
import { createLightRewardModel } from '../../../../reward/model/light/light-reward-model.js';
import { registerOfRubric } from './kit-register.js';
import type { ModelsUnderTest } from './rule-models.js';

export interface TrainedModelsRequest {
  readonly kit: CultureKit;
  /** Folder of a reward model. */
  readonly model: string;
  /** Folder of one that was trained under the rubric of the other register. */
  readonly swapped?: string;
}

/** A trained model under test, and one of the other register where it is given. */
export async function trainedModels({ kit, model, swapped }: TrainedModelsRequest): Promise<ModelsUnderTest> {
  const tested = await openLightReward(model);
  const register = registerOfRubric(kit, tested.rubric.id);
  return {
    models: {
      tested: named(tested),
      ...(swapped === undefined ? {} : { swapped: named(await openLightReward(swapped)) }),
    },
    ...(register === undefined ? {} : { register }),
  };
}

function named(stored: StoredLightReward): NamedModel {
  const name = `light model ${stored.hash.slice(0, 12)} of ${stored.rubric.id} ${stored.rubric.version}`;
  return { name, model: createLightRewardModel(stored) };
}
