import type { Locale } from '../../core/domain/prompt.js';
import type { RewardNormalizer } from '../../reward/model/reward-normalizer.js';

/** Logits as they are, in these locales and those under them: only clipped. */
export function unitScale(locales: readonly Locale[]): RewardNormalizer {
  return new Map(locales.map((locale) => [locale, { mean: 0, scale: 1 }]));
}
