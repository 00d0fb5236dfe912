import { isWithin } from '../../core/domain/locale.js';
import type { Prompt } from '../../core/domain/prompt.js';
import type { RewardedTrajectory } from '../../core/domain/reward.js';
import type { ScoreDifference, ShadowScores } from '../../core/domain/shadow.js';
import type { MaybeScore } from '../../core/math/group-advantage.js';
import { kendallTau } from '../../core/math/kendall-tau.js';
import { pairAgreement } from '../../core/math/pair-agreement.js';
import { paidScore } from '../advantage/paid-score.js';
import type { RolloutBatch } from '../dispatch/rollout-batch.js';
import type { RewardSource } from '../score/reward-source.js';

/** One batch under two rewards, outcomes in the batch's order. [answer] */
export interface ScoredTwice {
  readonly batch: RolloutBatch;
  readonly active: readonly RewardedTrajectory[];
  readonly shadow: readonly RewardedTrajectory[];
  readonly candidate: RewardSource;
  /** Bound of a score; none unless given. */
  readonly rewardClip?: number | undefined;
}

interface TwiceScored {
  readonly group: number;
  /** Under the candidate. */
  readonly shadow: MaybeScore;
  /** What both pay for it; absent where one gave no score. */
  readonly paid?: ScoreDifference;
}

type PaidByBoth = Required<TwiceScored>;

const MOST_DIFFERENCES = 10;

/**
 * What a candidate made of a batch, beside the reward in force; of several locales, in those whose rubric it would change.
 */
export function compareScores(input: ScoredTwice): ShadowScores {
  const { rubricId, rubricHash, rewardModelHash } = input.candidate;
  const answers = answersOf(input);
  const both = answers.filter(isPaidByBoth);
  return {
    ...{ rubricId, rubricHash, rewardModelHash },
    metrics: { ...ownMetrics(answers), ...commonMetrics(both) },
    differences: clearestDifferences(both.map(({ paid }) => paid)),
  };
}

/** The answers on which two rubrics differ most, each once whatever the number of times it was given. */
export function clearestDifferences(differences: readonly ScoreDifference[]): ScoreDifference[] {
  const sizeOf = ({ active, shadow }: ScoreDifference): number => Math.abs(shadow - active);
  const once = new Map<string, ScoreDifference>();
  for (const difference of differences) {
    const key = JSON.stringify([difference.prompt, difference.answer]);
    const known = once.get(key);
    if (sizeOf(difference) > (known === undefined ? 0 : sizeOf(known))) once.set(key, difference);
  }
  return [...once.values()].sort((a, b) => sizeOf(b) - sizeOf(a)).slice(0, MOST_DIFFERENCES);
}

function answersOf(input: ScoredTwice): TwiceScored[] {
  const { batch, candidate, rewardClip } = input;
  const [pay, shadowPay] = [batch.plan.reward, candidate].map(({ floor }) => ({ floor, rewardClip }));
  const answers = batch.groups.flatMap(({ task, result }, group) =>
    result.trajectories.map(({ text }, index) => {
      const { id: promptId, text: prompt } = task.prompt.prompt;
      return { group, told: { taskId: task.id, index, promptId, prompt, answer: text } };
    }),
  );
  const differs = differing(batch.plan.reward, candidate);
  return answers.flatMap(({ group, told }, at) => {
    if (!differs(batch.groups[group].task.prompt.prompt)) return [];
    const active = paidScore(input.active[at].outcome, pay);
    const shadow = paidScore(input.shadow[at].outcome, shadowPay);
    const isPaid = active !== undefined && shadow !== undefined;
    return [{ group, shadow, ...(isPaid ? { paid: { ...told, active, shadow } } : {}) }];
  });
}

/** Whether two rewards judge a prompt by different rubrics. */
function differing(active: RewardSource, candidate: RewardSource): (prompt: Prompt) => boolean {
  const rubricOf = ({ rubricHash, members }: RewardSource, { locale }: Prompt): string => {
    const serving = members?.find((member) => isWithin(locale, member.locale));
    return serving?.rubricHash ?? rubricHash;
  };
  return (prompt) => rubricOf(active, prompt) !== rubricOf(candidate, prompt);
}

function isPaidByBoth(answer: TwiceScored): answer is PaidByBoth {
  return answer.paid !== undefined;
}

function ownMetrics(answers: readonly TwiceScored[]): Record<string, number> {
  if (answers.length === 0) return {};
  const scores = answers.flatMap(({ shadow }) => shadow ?? []);
  return {
    ...(scores.length === 0 ? {} : { 'shadow/scores': meanOf(scores) }),
    'shadow/excluded_share': 1 - scores.length / answers.length,
  };
}

/** Over the answers that both scored; a figure that they cannot give is absent. */
function commonMetrics(answers: readonly PaidByBoth[]): Record<string, number> {
  if (answers.length === 0) return {};
  const active = answers.map(({ paid }) => paid.active);
  const shadow = answers.map(({ paid }) => paid.shadow);
  const groups = answers.map(({ group }) => group);
  const agreement = pairAgreement(active, shadow, groups);
  const tau = kendallTau(active, shadow);
  return {
    'shadow/score_shift': meanOf(shadow.map((score, at) => score - active[at])),
    ...(agreement === undefined ? {} : { 'shadow/agreement': agreement }),
    ...(tau === undefined ? {} : { 'shadow/kendall_tau': tau }),
  };
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
