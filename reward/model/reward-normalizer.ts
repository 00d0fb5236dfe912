import { servingLocale } from '../../core/domain/locale.js';
import type { Locale } from '../../core/domain/prompt.js';
import type { Reward } from '../../core/domain/reward.js';
import { MajlisError } from '../../core/errors.js';
import type { RewardScore } from './reward-model.js';

/** Normalized rewards are clipped to ±5; a vetoed answer is paid the lower end. */
export const REWARD_CLIP = 5;

export interface LocaleScale {
  readonly mean: number;
  /** Standard deviation, above 0. */
  readonly scale: number;
}

/**
 * Centre and scale of raw rewards, by locale. Frozen for a reward model once it is measured on the SFT policy's
 * answers: the policy is then paid for quality, not for the language that the model happens to like.
 */
export type RewardNormalizer = ReadonlyMap<Locale, LocaleScale>;

/** Measures the reference answers of each locale, at least two of which must differ. */
export function measureNormalizer(
  references: readonly { readonly locale: Locale; readonly raw: number }[],
): RewardNormalizer {
  const byLocale = new Map<Locale, number[]>();
  for (const { locale, raw } of references) byLocale.set(locale, [...(byLocale.get(locale) ?? []), raw]);
  return new Map([...byLocale].map(([locale, raws]) => [locale, scaleOf(locale, raws)]));
}

function scaleOf(locale: Locale, raws: readonly number[]): LocaleScale {
  const mean = raws.reduce((sum, raw) => sum + raw, 0) / raws.length;
  const squares = raws.reduce((sum, raw) => sum + (raw - mean) ** 2, 0);
  const scale = Math.sqrt(squares / (raws.length - 1));
  if (!(scale > 0) || !Number.isFinite(scale)) {
    throw new MajlisError(
      `The reward model does not tell the ${raws.length} reference answers in ${locale} apart.`,
      { code: 'failed_precondition' },
    );
  }
  return { mean, scale };
}

/**
 * (raw − mean) / scale of the locale that was measured and serves this one, clipped to ±5: regions are scaled alike, so that
 * one which is answered worse is seen to be.
 */
export function normalizeReward(raw: number, locale: Locale, normalizer: RewardNormalizer): Reward {
  const known = normalizer.get(servingLocale(locale, [...normalizer.keys()]) ?? locale);
  if (known === undefined) {
    throw new MajlisError(`No reference answers in ${locale} were measured for this reward model.`, {
      code: 'failed_precondition',
    });
  }
  const normalized = (raw - known.mean) / known.scale;
  return { raw, normalized: Math.max(-REWARD_CLIP, Math.min(REWARD_CLIP, normalized)) };
}

/**
 * One number from the heads: their mean, or with β (the KL coefficient) the pessimistic μ − σ²/(2β), which pays less
 * where the heads disagree (arXiv 2606.09073).
 */
export function rawReward({ mean, variance }: RewardScore, pessimismBeta?: number): number {
  return pessimismBeta === undefined ? mean : mean - variance / (2 * pessimismBeta);
}
