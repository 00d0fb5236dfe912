import type { Preference } from '../../core/domain/preference.js';
import type { Rng } from '../../core/math/rng.js';

/**
 * The placebo: the same pairs, the same labels, but each label on a random pair. Whatever a policy gains from a
 * reward model trained on it, it did not gain from the verdicts.
 */
export function shuffleLabels(preferences: readonly Preference[], rng: Rng): Preference[] {
  const labels = rng.shuffle(preferences.map(({ probabilityFirst }) => probabilityFirst));
  return preferences.map((preference, at) => ({ ...preference, probabilityFirst: labels[at] }));
}
