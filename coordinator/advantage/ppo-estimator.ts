import { MajlisError } from '../../core/errors.js';
import { generalizedAdvantageEstimation } from '../../core/math/gae.js';
import { tokenRewards } from '../../core/math/token-rewards.js';
import type { Answer, AnswerAdvantage, Estimator, EstimatorContext } from './answer.js';
import { whitenAnswers } from './whiten-answers.js';

/**
 * PPO's advantages: the KL penalty on every token, the score on the last one, GAE over the critic's values, then
 * whitening over the batch's scored tokens. Returns are taken before whitening. An answer without a score teaches
 * neither the policy nor the critic.
 */
export const ppoEstimator: Estimator = (answers, context) => {
  const estimated = answers.map((answer) => answerAdvantage(answer, context));
  return context.algorithm.whitenAdvantages ? whitenAnswers(estimated) : estimated;
};

function answerAdvantage(answer: Answer, { algorithm, beta }: EstimatorContext): AnswerAdvantage | undefined {
  const { score, values, oldLogProbs, referenceLogProbs, finish } = answer;
  if (score === undefined) return undefined;
  if (values === undefined) throw new MajlisError('PPO needs the values of a critic', { code: 'internal' });
  const { missingEosPenalty, gamma, lambda, kl } = algorithm;
  const rewards = tokenRewards({
    score,
    logProbs: oldLogProbs,
    referenceLogProbs,
    beta,
    klKind: kl.kind,
    missingEosPenalty,
    finish,
  });
  return generalizedAdvantageEstimation({ rewards, values, gamma, lambda });
}
