import { BadInputError } from '../../../core/errors.js';
import { loadLightReward, type StoredLightReward } from '../../../reward/model/light/light-artifact.js';
import { readRewardDescription, rewardModelFolder } from '../../pipeline/reward-store.js';

/** The light model of a folder: one that was trained or exported to it, or one that a run keeps in `runs/<id>/rewards`. */
export async function openLightReward(folder: string): Promise<StoredLightReward> {
  const description = await readRewardDescription(folder);
  if (description === undefined) return loadLightReward(folder);
  if (description.form === 'light') return loadLightReward(rewardModelFolder(folder));
  throw new BadInputError({
    source: folder,
    found: "a network of the run's trainer",
    allowed: 'a light reward model: of a run with rewardModel.form light, or of "majlis reward train"',
  });
}
