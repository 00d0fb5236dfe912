import { estimateAdvantages } from '../../../../coordinator/advantage/estimate-advantages.js';
import type { BatchAdvantages } from '../../../../coordinator/advantage/estimate-advantages.js';
import { compileAlgorithm } from '../../../../coordinator/algorithm-options.js';
import type { AlgorithmChoice } from '../../../../coordinator/algorithm-options.js';
import { SKETCH_REWARD, sketchBatch } from '../../../support/batch-builder.js';
import type { AnswerSketch } from '../../../support/batch-builder.js';
import { expectClose } from '../../../support/expect-close.js';

const failed = { kind: 'judge_failed', reason: 'timeout', retryable: true } as const;

/** β·kl of the first answer: Δ = 0.5, −1, so with β = 0.1 its rewards are −0.05 and 0.1 + 2. */
const long: AnswerSketch = { old: [-1, -2], reference: [-1.5, -1], values: [0.5, 1], outcome: 2 };
/** Cut off: with a penalty of 0.5 its one reward is −1.5. */
const cut: AnswerSketch = { old: [-0.5], values: [0.25], outcome: -1, finish: 'length' };

function estimated(
  groups: readonly (readonly AnswerSketch[])[],
  choice: AlgorithmChoice = {},
  beta = 0.1,
): BatchAdvantages {
  const algorithm = compileAlgorithm({ missingEosPenalty: 0.5, ...choice });
  return estimateAdvantages({ ...sketchBatch(groups), reward: SKETCH_REWARD, algorithm, beta });
}

function advantagesOf({ trajectories }: BatchAdvantages): number[][] {
  return trajectories.map(({ advantages }) => [...advantages]);
}

describe('estimateAdvantages with PPO', () => {
  it('pays KL on every token and the score on the last, through GAE', () => {
    const { trajectories } = estimated([[long, cut]], { whitenAdvantages: false });
    // By hand, γ = 1 and λ = 0.95: δ = (0.45, 1.1), A = (0.45 + 0.95·1.1, 1.1), returns = A + V.
    expectClose(trajectories[0].advantages, [1.495, 1.1]);
    expectClose(trajectories[0].returns ?? [], [1.995, 2.1]);
    expectClose(trajectories[1].advantages, [-1.75]);
    expectClose(trajectories[1].returns ?? [], [-1.5]);
  });

  it('whitens over all scored tokens together and leaves returns alone', () => {
    const unscored = { ...long, outcome: failed };
    const { trajectories } = estimated([[long, unscored, cut]]);
    // (1.495, 1.1, −1.75): mean 0.281667, unbiased deviation 1.770525.
    expectClose(trajectories[0].advantages, [0.685296, 0.462198], 1e-5);
    expectClose(trajectories[2].advantages, [-1.147494], 1e-5);
    expectClose(trajectories[0].returns ?? [], [1.995, 2.1]);
  });

  it('gives an answer without a score no weight, no target and no place in the mean', () => {
    const result = estimated([[long, { ...cut, outcome: failed }]], { whitenAdvantages: false });
    expect([...result.trajectories[1].weights]).toEqual([0]);
    expect([...result.trajectories[1].advantages]).toEqual([0]);
    expect(result.trajectories[1].returns).toBeUndefined();
    expect(result.excludedShare).toBe(0.5);
    expect(result.metrics['objective/scores']).toBe(2);
  });

  it('pays a malformed answer the floor of the rubric', () => {
    const malformed = { ...cut, outcome: { kind: 'policy_malformed', reason: 'empty' } } as const;
    const { trajectories, metrics } = estimated([[malformed]], { whitenAdvantages: false });
    // −3 floor − 0.5 missing stop − 0.25 value.
    expectClose(trajectories[0].advantages, [-3.75]);
    expect(metrics['rewards/malformed_share']).toBe(1);
    expect(metrics['rewards/excluded_share']).toBe(0);
  });

  it('clips scores before anything joins them', () => {
    const { trajectories } = estimated([[{ ...cut, outcome: -50 }]], {
      whitenAdvantages: false,
      rewardClip: 10,
    });
    expectClose(trajectories[0].advantages, [-10.75]);
  });

  it('scales advantages by what the trainer believes against what the sampler did, truncated', () => {
    // π_old / π_behaviour = e^0 and e^1, truncated at 2.
    const drifted = { ...long, behaviour: [-1, -3] };
    const options = { whitenAdvantages: false, importanceCap: 2 };
    expectClose(estimated([[drifted]], options).trajectories[0].advantages, [1.495, 2.2]);
    const { metrics } = estimated([[drifted]], { ...options, importanceCap: undefined });
    expect(metrics['behaviour/max_log_ratio']).toBeCloseTo(1, 6);
    expect(metrics).not.toHaveProperty('sampling/importance_sampling_ratio/mean');
    expectClose(
      estimated([[drifted]], { ...options, importanceCap: undefined }).trajectories[0].advantages,
      [1.495, 1.1],
    );
  });

  it('says how far the sampler is from the learner, over the tokens of all answers', () => {
    const drifted = { ...long, behaviour: [-1, -3] };
    const behind = { ...long, behaviour: [-0.5, -2] };
    const { metrics } = estimated([[drifted, behind]], { importanceCap: 2 });
    // |π_old − π_behaviour| in logs: 0, 1, 0.5, 0; ratios e^0, min(e^1, 2), e^−0.5, e^0.
    expect(metrics['sampling/sampling_logp_difference/mean']).toBeCloseTo(0.375, 6);
    expect(metrics['sampling/importance_sampling_ratio/min']).toBeCloseTo(0.606531, 5);
    expect(metrics['sampling/importance_sampling_ratio/mean']).toBeCloseTo((1 + 2 + 0.606531 + 1) / 4, 5);
    expect(metrics['sampling/importance_sampling_ratio/max']).toBe(2);
  });

  it('keeps the penalty out of the reward where the KL is a loss', () => {
    const { trajectories } = estimated([[long]], {
      whitenAdvantages: false,
      kl: { placement: 'loss', kind: 'k3' },
    });
    // δ = (0 + 1 − 0.5, 2 − 1), A_0 = 0.5 + 0.95.
    expectClose(trajectories[0].advantages, [1.45, 1]);
  });

  it('has nothing to teach where nobody was scored', () => {
    const result = estimated([[{ ...long, outcome: failed }]]);
    expect(result.trajectories.every(({ weights }) => weights.every((weight) => weight === 0))).toBe(true);
    expect(result.metrics).not.toHaveProperty('objective/scores');
    expect(result.metrics['rewards/excluded_share']).toBe(1);
  });

  it('reports KL, entropy and rewards as sums over tokens and means over answers', () => {
    const { metrics, klPerSequence } = estimated([[long, cut]]);
    // KL: (0.5 − 1 + 0) / 2. Entropy: (3 + 0.5) / 2. Scores: (2 − 1) / 2.
    expect(klPerSequence).toBeCloseTo(-0.25, 6);
    expect(metrics['objective/entropy']).toBeCloseTo(1.75, 6);
    expect(metrics['objective/non_score_reward']).toBeCloseTo(0.025, 6);
    expect(metrics['objective/rlhf_reward']).toBeCloseTo(0.525, 6);
    expect(metrics['rewards/r/mean']).toBe(0.5);
  });

  it('refuses rewards that belong to other answers', () => {
    const { estimates, rewards } = sketchBatch([[long, cut]]);
    const algorithm = compileAlgorithm({});
    const input = { estimates, rewards: [...rewards].reverse(), reward: SKETCH_REWARD, algorithm, beta: 0 };
    expect(() => estimateAdvantages(input)).toThrow('the reward of answer 0 of task-0 is missing');
  });
});

describe('estimateAdvantages without a critic', () => {
  const answer = (outcome: AnswerSketch['outcome'], tokens = 1): AnswerSketch => ({
    old: Array.from({ length: tokens }, () => -1),
    outcome,
  });

  it.each([
    ['grpo', [[-0.70710678], [0.70710678, 0.70710678], [0]]],
    ['dr_grpo', [[-1], [1, 1], [0]]],
    ['rloo', [[-2], [2, 2], [0]]],
  ] as const)('compares the scored answers of a group with %s', (estimator, expected) => {
    const found = advantagesOf(estimated([[answer(1), answer(3, 2), answer(failed)]], { estimator }, 0));
    for (const [at, advantages] of found.entries()) expectClose(advantages, expected[at], 2e-6);
  });

  it('takes the KL of the whole answer off its reward before comparing', () => {
    const drifted = { ...answer(3, 2), reference: [-2, -4] };
    // KL 1 + 3, β 0.1: 3 − 0.4 against 1.
    expectClose(
      advantagesOf(estimated([[answer(1), drifted]], { estimator: 'rloo' })).flat(),
      [-1.6, 1.6, 1.6],
    );
  });

  it('leaves out groups that are all worth the same, and counts them', () => {
    const flat = [answer(2), answer(2)];
    const { trajectories, metrics } = estimated([flat, [answer(1), answer(3)]], { estimator: 'grpo' }, 0);
    expect(trajectories.map(({ weights }) => weights[0])).toEqual([0, 0, 1, 1]);
    expect(metrics['groups/without_gradient_share']).toBe(0.5);
  });

  it('leaves out groups with fewer scores than the algorithm asks for', () => {
    const options = { estimator: 'rloo', minimumScoredPerGroup: 3 } as const;
    const { trajectories } = estimated([[answer(1), answer(3), answer(failed)]], options, 0);
    expect(trajectories.every(({ weights }) => weights[0] === 0)).toBe(true);
  });

  it('whitens what REINFORCE++ sums from each token on', () => {
    const groups = [[{ ...answer(1, 2), reference: [-1.5, -1] }, answer(3)]];
    // β·kl = (0.05, 0): sums from each token (0.95, 1) and 3; mean 1.65, unbiased variance 1.3675.
    const deviation = Math.sqrt(1.3675);
    expectClose(
      advantagesOf(estimated(groups, { estimator: 'reinforce_plus_plus' })).flat(),
      [-0.7 / deviation, -0.65 / deviation, 1.35 / deviation],
      1e-5,
    );
  });

  it('takes the mean of its group off with the baseline of REINFORCE++, and whitens over all groups', () => {
    const groups = [
      [answer(1), answer(3)],
      [answer(5), answer(7)],
    ];
    const found = advantagesOf(estimated(groups, { estimator: 'reinforce_plus_plus_baseline' }, 0)).flat();
    // ∓1 in both groups, unbiased variance 4/3.
    const one = Math.sqrt(3 / 4);
    expectClose(found, [-one, one, -one, one]);
  });

  it('charges an answer that was cut off before it is compared', () => {
    const found = advantagesOf(
      estimated([[{ ...answer(1), finish: 'length' }, answer(1)]], { estimator: 'dr_grpo' }, 0),
    );
    expectClose(found.flat(), [-0.25, 0.25]);
  });
});
