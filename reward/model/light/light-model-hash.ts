import { contentHash } from '../../../core/runtime/content-hash.js';
import type { LightOrigin } from './light-manifest.js';

/** Names a light model by its origin: TrainRewardModel(preferences, rubric, seed) with the settings, the same wherever it is. */
export function lightModelHash(origin: LightOrigin): string {
  return contentHash({ form: 'light', ...origin });
}
