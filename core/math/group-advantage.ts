/**
 * Advantages of the answers to one prompt without a critic.
 *
 * An answer without a score (undefined) takes no part: it is neither in a mean nor in a deviation, and it gets no
 * advantage. It is never read as 0. Where a kind compares answers of a group, fewer than two scores give no signal,
 * so nobody in the group gets an advantage.
 */
import { requireFinite } from './argument-checks.js';

/** A reward or an advantage; undefined where the judges gave no score. */
export type MaybeScore = number | undefined;

export type GroupAdvantageKind =
  'grpo' | 'dr_grpo' | 'rloo' | 'reinforce_plus_plus' | 'reinforce_plus_plus_baseline';

export interface GroupAdvantageOptions {
  /** GRPO's ε beside the deviation. Published code uses 1e-4 to 1e-9; 1e-6 unless told. */
  readonly epsilon?: number;
}

/**
 * The advantage of each answer of one group. [answer]
 *
 * - `grpo`: (R − μ) / (σ + ε) with the sample deviation (Shao et al. 2024, arXiv 2402.03300); 0 where all are equal.
 * - `dr_grpo`: R − μ (Liu et al. 2025, arXiv 2503.20783).
 * - `rloo`: R minus the mean of the others (Kool et al. 2019; Ahmadian et al. 2024, arXiv 2402.14740).
 * - `reinforce_plus_plus`: R itself, and `reinforce_plus_plus_baseline`: R − μ (Hu 2025, arXiv 2501.03262). Both are to
 *   be whitened over the whole batch: with `whitenAcrossGroups`, or with `maskedWhiten` over tokens if KL is in the reward.
 */
export function groupAdvantages(
  rewards: readonly MaybeScore[],
  kind: GroupAdvantageKind,
  options: GroupAdvantageOptions = {},
): MaybeScore[] {
  const scores = scored(rewards);
  if (kind === 'reinforce_plus_plus') return [...rewards];
  if (scores.length < 2) return rewards.map(() => undefined);
  if (isZeroVariance(scores)) return zeros(rewards);
  const mean = meanOf(scores);
  const scale = groupScale(kind, scores, options);
  return rewards.map((reward) => (reward === undefined ? undefined : (reward - mean) * scale));
}

/**
 * Whitens advantages over a whole batch: zero mean, unit variance (unbiased), ε = 1e-8 inside the root.
 * Indices are [group][answer]; entries without a score stay undefined and do not count. With fewer than two scores in
 * the batch there is no variance, so every entry is undefined; where all are equal every entry is 0.
 */
export function whitenAcrossGroups(groups: readonly (readonly MaybeScore[])[]): MaybeScore[][] {
  const scores = scored(groups.flat());
  if (scores.length < 2) return groups.map((group) => group.map(() => undefined));
  if (isZeroVariance(scores)) return groups.map(zeros);
  const mean = meanOf(scores);
  const scale = 1 / Math.sqrt(unbiasedVariance(scores) + 1e-8);
  return groups.map((group) =>
    group.map((score) => (score === undefined ? undefined : (score - mean) * scale)),
  );
}

/**
 * True where comparing the group teaches nothing: all scores are equal within `tolerance`, or fewer than two exist.
 * DAPO's dynamic sampling drops such groups (Yu et al. 2025, arXiv 2503.14476).
 */
export function isZeroVariance(rewards: readonly MaybeScore[], tolerance = 0): boolean {
  const scores = scored(rewards);
  if (scores.length < 2) return true;
  return Math.max(...scores) - Math.min(...scores) <= tolerance;
}

function groupScale(
  kind: Exclude<GroupAdvantageKind, 'reinforce_plus_plus'>,
  scores: readonly number[],
  options: GroupAdvantageOptions,
): number {
  if (kind === 'grpo') return 1 / (Math.sqrt(unbiasedVariance(scores)) + (options.epsilon ?? 1e-6));
  // R_i − mean of the others = n/(n−1) · (R_i − μ).
  if (kind === 'rloo') return scores.length / (scores.length - 1);
  return 1;
}

/** 0 for every score. Not left to arithmetic: the mean of equal numbers can differ from them in the last bit. */
function zeros(scores: readonly MaybeScore[]): MaybeScore[] {
  return scores.map((score) => (score === undefined ? undefined : 0));
}

function scored(rewards: readonly MaybeScore[]): number[] {
  const scores = rewards.filter((reward) => reward !== undefined);
  for (const score of scores) requireFinite('A reward', score);
  return scores;
}

function meanOf(scores: readonly number[]): number {
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

function unbiasedVariance(scores: readonly number[]): number {
  const mean = meanOf(scores);
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  return squares / (scores.length - 1);
}
