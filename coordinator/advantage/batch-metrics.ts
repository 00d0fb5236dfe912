import { explainedVariance } from '../../core/math/explained-variance.js';
import { MAX_LOG_RATIO } from '../../core/math/kl.js';
import { joinFloats } from './join-floats.js';
import type { RewardSource } from '../score/reward-source.js';
import type { Answer, AnswerAdvantage } from './answer.js';
import { scoreMetrics } from './score-metrics.js';
import type { ScoredAnswers } from './scored-answers.js';

interface BatchMetricsInput {
  readonly answers: readonly Answer[];
  readonly advantages: readonly (AnswerAdvantage | undefined)[];
  /** Log-probs as the sampling engine reported them. [answer][token] */
  readonly behaviour: readonly Float32Array[];
  readonly scored: ScoredAnswers;
  readonly reward: RewardSource;
  /** β in the reward. */
  readonly beta: number;
}

interface BatchMetrics {
  readonly klPerSequence: number;
  readonly excludedShare: number;
  readonly metrics: Record<string, number>;
}

/**
 * What a batch says, before anything is learned from it. TRL's names where TRL has one, with its meaning: sums over an
 * answer's tokens, means over answers. A figure that the batch cannot give (no answer was scored) is absent.
 */
export function batchMetrics(input: BatchMetricsInput): BatchMetrics {
  const { answers, advantages, behaviour, scored, reward, beta } = input;
  const klPerSequence = meanOf(answers.map(klOf));
  const excludedShare = answers.filter(({ score }) => score === undefined).length / answers.length;
  const nonScore = -beta * klPerSequence;
  const metrics = {
    'objective/kl': klPerSequence,
    'objective/entropy': meanOf(answers.map(({ oldLogProbs }) => -sumOf(oldLogProbs))),
    'objective/non_score_reward': nonScore,
    ...scoreMetrics(answers, nonScore, reward.rubricId),
    'rewards/excluded_share': excludedShare,
    'rewards/malformed_share': scored.counts.policy_malformed / answers.length,
    'groups/without_gradient_share': groupsWithoutGradient(answers, advantages),
    'behaviour/max_log_ratio': largestGap(answers, behaviour),
    ...criticMetrics(answers, advantages),
  };
  return { klPerSequence, excludedShare, metrics };
}

function klOf({ oldLogProbs, referenceLogProbs }: Answer): number {
  return sumOf(oldLogProbs) - sumOf(referenceLogProbs);
}

function groupsWithoutGradient(
  answers: readonly Answer[],
  advantages: readonly (AnswerAdvantage | undefined)[],
): number {
  const all = new Set(answers.map(({ group }) => group));
  const learning = new Set(answers.filter((_, at) => advantages[at] !== undefined).map(({ group }) => group));
  return 1 - learning.size / all.size;
}

/** How far the sampling engine and the trainer disagree about a token, at most, in nats. */
function largestGap(answers: readonly Answer[], behaviour: readonly Float32Array[]): number {
  let largest = 0;
  for (const [at, { oldLogProbs }] of answers.entries()) {
    for (let t = 0; t < oldLogProbs.length; t += 1) {
      largest = Math.max(largest, Math.abs(oldLogProbs[t] - behaviour[at][t]));
    }
  }
  return Math.min(largest, MAX_LOG_RATIO);
}

function criticMetrics(
  answers: readonly Answer[],
  advantages: readonly (AnswerAdvantage | undefined)[],
): Record<string, number> {
  const learned = answers.flatMap(({ values }, at) => {
    const returns = advantages[at]?.returns;
    return values === undefined || returns === undefined ? [] : [{ values, returns }];
  });
  if (learned.length === 0) return {};
  const values = joinFloats(learned.map((answer) => answer.values));
  const returns = joinFloats(learned.map((answer) => answer.returns));
  const explained = explainedVariance(values, returns, new Float32Array(values.length).fill(1));
  return {
    'val/mean': sumOf(values) / values.length,
    ...(explained === undefined ? {} : { 'val/explained_variance': explained }),
  };
}

function sumOf(numbers: Float32Array): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
