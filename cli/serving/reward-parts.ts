import type { LocaleProfile } from '../../core/domain/locale.js';
import type { Rubric } from '../../core/domain/rubric.js';
import type { RewardModel } from '../../reward/model/reward-model.js';
import type { ServedTrainer } from './served-trainer.js';
import type { RewardNormalizer } from '../../reward/model/reward-normalizer.js';

/** What a reward is put together from. */
export interface RewardParts {
  readonly form: 'light' | 'network' | 'rules';
  readonly rubric: Rubric;
  readonly profile: LocaleProfile;
  readonly model: RewardModel;
  /** By locale; as a run measured it, or else one that changes nothing. */
  readonly normalizer: RewardNormalizer;
  /** Whether references may take its place: a run's scale is what its policy was paid by. */
  readonly isMeasured: boolean;
  /** Whose change may make it another reward. */
  readonly files: readonly string[];
  /** Takes the model up, where that is more than to read its file; else the first answer does. */
  readonly ready?: () => Promise<void>;
  /** Frees what the model holds. */
  readonly release?: () => Promise<void>;
  /** What scores, where that is another process. */
  readonly trainer?: Pick<ServedTrainer, 'address' | 'absence' | 'key'>;
}
