import { compileAlgorithm, DEFAULT_ALGORITHM, needsCritic } from '../../../coordinator/algorithm-options.js';

describe('compileAlgorithm', () => {
  it('fills in the documented defaults', () => {
    expect(compileAlgorithm({})).toEqual(DEFAULT_ALGORITHM);
    expect(compileAlgorithm({ kl: { initial: 0.05 } }).kl).toEqual({
      placement: 'reward',
      kind: 'k1',
      initial: 0.05,
    });
  });

  it.each([
    [{ kl: { target: 6 } }, 'algorithm at kl: found only one of target and horizon'],
    [{ kl: { horizon: 100 } }, 'algorithm at kl: found only one of target and horizon'],
    [{ kl: { placement: 'loss' } }, 'found k1 as a loss; allowed: k2 or k3'],
    [{ estimator: 'grpo', groupSize: 1, minibatches: 1 }, 'found 1; allowed: 2 or more: grpo learns from'],
    [{ minibatches: 9, promptsPerIteration: 2, groupSize: 4 }, 'found 9; allowed: at most 8 answers'],
  ] as const)('refuses %j', (choice, message) => {
    expect(() => compileAlgorithm(choice)).toThrow(message);
  });

  it('asks for a critic with PPO alone', () => {
    expect(needsCritic(compileAlgorithm({ estimator: 'ppo' }))).toBe(true);
    expect(needsCritic(compileAlgorithm({ estimator: 'grpo' }))).toBe(false);
  });
});
