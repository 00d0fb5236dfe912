import type { Locale } from '../../core/domain/prompt.js';
import { contentHash } from '../../core/runtime/content-hash.js';
import type { LoraSettings } from '../../core/trainer/trainer.js';
import type { RewardModelSettings } from './train-reward-model.js';

/** All that a reward model's weights are a function of, on one engine fingerprint. */
export interface RewardModelIdentity {
  readonly preferencesHash: string;
  readonly rubricHash: string;
  readonly seed: number;
  /** sha256 of the base's weights. */
  readonly baseHash: string;
  readonly settings: RewardModelSettings;
  /** Where adapters were trained in place of all weights. */
  readonly lora?: LoraSettings;
}

/** Names a reward model by its origin: known before it is trained, and the same wherever it is. */
export function rewardModelHash(identity: RewardModelIdentity): string {
  return contentHash(identity);
}

/** Names the reward of several locales by the models that pay in each, by locale ascending. */
export function rewardSetHash(
  members: readonly { readonly locale: Locale; readonly rewardModelHash: string }[],
): string {
  return contentHash({ rewards: members.map(({ locale, rewardModelHash: hash }) => [locale, hash]) });
}
