import type { Answer } from '../../../../coordinator/advantage/answer.js';
import { scoreMetrics } from '../../../../coordinator/advantage/score-metrics.js';

/** Answers of groups by their scores. [group][answer] */
function answersOf(groups: readonly (readonly (number | undefined)[])[]): Answer[] {
  const logProbs = Float32Array.of(-1);
  return groups.flatMap((scores, group) =>
    scores.map((score, index) => ({
      ...{ taskId: `t${group}`, index, group, finish: 'stop' as const, score },
      ...{ oldLogProbs: logProbs, referenceLogProbs: logProbs },
    })),
  );
}

describe('scoreMetrics', () => {
  it('gives mean and unbiased deviation of the paid answers over the whole batch', () => {
    const metrics = scoreMetrics(
      answersOf([
        [1, 2, undefined],
        [4, 9],
      ]),
      -0.5,
      'greeting',
    );
    // Mean 4; squares 9 + 4 + 0 + 25 = 38, over 3.
    expect(metrics).toEqual({
      'objective/scores': 4,
      'objective/rlhf_reward': 3.5,
      'rewards/greeting/mean': 4,
      'rewards/greeting/std': Math.sqrt(38 / 3),
      reward_std: Math.sqrt(38 / 3),
      frac_reward_zero_std: 0,
    });
  });

  it('counts groups that score alike among those that can be compared', () => {
    const groups = [[2, 2, 2], [1, 3], [5, undefined, 5], [4, undefined], [undefined]];
    expect(scoreMetrics(answersOf(groups), 0, 'r').frac_reward_zero_std).toBeCloseTo(2 / 3, 12);
  });

  it('leaves out what it cannot tell', () => {
    expect(scoreMetrics(answersOf([[undefined], [undefined]]), 0, 'r')).toEqual({});
    const one = scoreMetrics(answersOf([[3], [undefined]]), 0, 'r');
    expect(Object.keys(one)).toEqual(['objective/scores', 'objective/rlhf_reward', 'rewards/r/mean']);
  });

  it('does not hide a score that is no number', () => {
    const metrics = scoreMetrics(answersOf([[NaN, NaN]]), 0, 'r');
    expect(metrics.reward_std).toBeNaN();
    expect(metrics.frac_reward_zero_std).toBe(0);
  });
});
