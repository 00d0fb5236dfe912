import { isOwnModel } from '../../../core/config/model-options.js';
import type { RunConfig } from '../../../core/config/run-config.js';
import type { LocaleProfile } from '../../../core/domain/locale.js';
import { LightRewardForm } from './light-reward-form.js';
import type { RewardForm } from './reward-form.js';
import { TrainerRewardForm, type TrainerRewardFormParts } from './trainer-reward-form.js';

/** The form that a run file asks for. */
export function createRewardForm(
  { rewardModel: options, seed, model }: Pick<RunConfig, 'rewardModel' | 'seed' | 'model'>,
  parts: Omit<TrainerRewardFormParts, 'options' | 'seed' | 'lora'> & { readonly profile: LocaleProfile },
): RewardForm {
  const { profile, trainer, call, checkpoint } = parts;
  if (options.form === 'light') return new LightRewardForm({ profile, heads: options.heads, seed });
  const lora = isOwnModel(model) ? undefined : model.lora;
  return new TrainerRewardForm({ trainer, call, checkpoint, options, seed, lora });
}
