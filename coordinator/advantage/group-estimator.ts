import { generalizedAdvantageEstimation } from '../../core/math/gae.js';
import { groupAdvantages, isZeroVariance } from '../../core/math/group-advantage.js';
import type { GroupAdvantageKind, MaybeScore } from '../../core/math/group-advantage.js';
import { klEstimate } from '../../core/math/kl.js';
import { tokenRewards } from '../../core/math/token-rewards.js';
import type { Answer, AnswerAdvantage, Estimator, EstimatorContext } from './answer.js';
import { whitenAnswers } from './whiten-answers.js';

/**
 * Advantages without a critic.
 *
 * GRPO, Dr. GRPO and RLOO compare whole answers: R − β·Σ_t kl_t (RLOO's reward in Ahmadian et al. 2024; β is 0 where the
 * KL is a loss) against the group, the same advantage on every token. REINFORCE++ keeps the KL on its token: the score, or
 * score minus group mean, lands on the last token, an advantage is the discounted sum of what follows, whitened over the
 * batch (Hu 2025).
 *
 * A group whose answers are all worth the same is left out, and so is one with fewer scores than the algorithm asks for.
 */
export function groupEstimator(kind: GroupAdvantageKind): Estimator {
  return (answers, context) => {
    const worths = answers.map((answer) => worth(answer, kind, context));
    const compared = byGroup(answers, worths).flatMap((group) => comparedGroup(group, kind, context));
    if (kind !== 'reinforce_plus_plus' && kind !== 'reinforce_plus_plus_baseline') {
      return answers.map((answer, at) => broadcast(answer, compared[at]));
    }
    return whitenAnswers(answers.map((answer, at) => discounted(answer, compared[at], context)));
  };
}

/** What is compared: the score less a missing stop token's penalty and, for whole-answer kinds, less β·KL. */
function worth(answer: Answer, kind: GroupAdvantageKind, { algorithm, beta }: EstimatorContext): MaybeScore {
  if (answer.score === undefined) return undefined;
  const penalty = answer.finish === 'length' ? algorithm.missingEosPenalty : 0;
  if (kind === 'reinforce_plus_plus' || kind === 'reinforce_plus_plus_baseline')
    return answer.score - penalty;
  return answer.score - penalty - beta * answerKl(answer, algorithm.kl.kind);
}

function answerKl(answer: Answer, kind: 'k1' | 'k2' | 'k3'): number {
  const { oldLogProbs, referenceLogProbs } = answer;
  return oldLogProbs.reduce((sum, logProb, t) => sum + klEstimate(kind, logProb, referenceLogProbs[t]), 0);
}

/** Answers of one prompt lie side by side, so groups come back in order. [group][answer] */
function byGroup(answers: readonly Answer[], worths: readonly MaybeScore[]): MaybeScore[][] {
  const groups: MaybeScore[][] = [];
  for (const [at, { group }] of answers.entries()) (groups[group] ??= []).push(worths[at]);
  return groups;
}

function comparedGroup(
  group: readonly MaybeScore[],
  kind: GroupAdvantageKind,
  { algorithm, beta }: EstimatorContext,
): readonly MaybeScore[] {
  if (kind === 'reinforce_plus_plus') return group;
  const scored = group.filter((one) => one !== undefined).length;
  // With a token-level KL in the reward, equal scores still leave the penalty to learn from.
  const isFlat = isZeroVariance(group) && !(kind === 'reinforce_plus_plus_baseline' && beta > 0);
  if (scored < algorithm.minimumScoredPerGroup || isFlat) return group.map(() => undefined);
  return groupAdvantages(group, kind);
}

function broadcast(answer: Answer, advantage: MaybeScore): AnswerAdvantage | undefined {
  if (advantage === undefined) return undefined;
  return { advantages: new Float32Array(answer.oldLogProbs.length).fill(advantage) };
}

/** Discounted sums of the rewards from each token on: GAE with λ = 1 against values of 0. */
function discounted(
  answer: Answer,
  score: MaybeScore,
  { algorithm, beta }: EstimatorContext,
): AnswerAdvantage | undefined {
  if (score === undefined) return undefined;
  const { oldLogProbs: logProbs, referenceLogProbs, finish } = answer;
  const klKind = algorithm.kl.kind;
  const rewards = tokenRewards({
    score,
    logProbs,
    referenceLogProbs,
    beta,
    klKind,
    missingEosPenalty: 0,
    finish,
  });
  const values = new Float32Array(rewards.length);
  const { advantages } = generalizedAdvantageEstimation({
    rewards,
    values,
    gamma: algorithm.gamma,
    lambda: 1,
  });
  return { advantages };
}
