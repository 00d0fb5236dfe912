import { join } from 'node:path';
import { loadLightReward } from '../../reward/model/light/light-artifact.js';
import { withoutHeads } from '../../reward/model/light/light-model.js';
import { createLightRewardModel } from '../../reward/model/light/light-reward-model.js';
import { rewardModelFolder, type RewardDescription } from '../pipeline/reward-store.js';
import type { RewardParts } from './reward-parts.js';
import { unitScale } from './unit-scale.js';

/**
 * A light model: one that stands alone, or one that a run keeps with the scale that it measured. Where the mean alone is paid, its
 * heads are left out.
 */
export async function openLightParts(
  folder: string,
  description: RewardDescription | undefined,
  { paysMean }: { readonly paysMean: boolean },
): Promise<RewardParts> {
  const place = description === undefined ? folder : rewardModelFolder(folder);
  const stored = await loadLightReward(place);
  const { rubric, profile, model } = stored;
  return {
    ...{ form: 'light', rubric, profile, files: [join(place, 'reward-model.json')] },
    model: createLightRewardModel(paysMean ? { ...stored, model: withoutHeads(model) } : stored),
    isMeasured: description !== undefined,
    normalizer:
      description === undefined
        ? unitScale([...new Set([profile.locale, ...model.space.locales])])
        : normalizerOf(description),
  };
}

/** As a run measured it. */
export function normalizerOf({ normalizer }: RewardDescription): RewardParts['normalizer'] {
  return new Map(normalizer.map(({ locale, ...scale }) => [locale, scale]));
}
