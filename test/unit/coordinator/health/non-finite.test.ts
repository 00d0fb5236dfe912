import { isGoodToCheckpoint } from '../../../../coordinator/health/non-finite.js';

describe('isGoodToCheckpoint', () => {
  it.each([
    ['finite numbers', { 'objective/kl': -3, 'loss/policy_avg': 0, 'update/skipped_steps': 0 }, true],
    ['nothing measured', {}, true],
    ['a KL that is NaN', { 'objective/kl': NaN, 'loss/policy_avg': 0 }, false],
    ['an infinite loss', { 'loss/value_avg': Infinity }, false],
    ['an endlessly negative loss', { 'loss/value_avg': -Infinity }, false],
    ['a skipped gradient', { 'policy/grad_norm': NaN, 'update/skipped_steps': 1 }, false],
  ])('%s: %j', (_, metrics, isGood) => {
    expect(isGoodToCheckpoint(metrics)).toBe(isGood);
  });
});
