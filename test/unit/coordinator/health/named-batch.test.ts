import { withBatchNamed } from '../../../../coordinator/health/named-batch.js';
import type { RolloutGroup } from '../../../../coordinator/dispatch/rollout-batch.js';
import { MajlisError } from '../../../../core/errors.js';

const groups = ['p1', 'p2', 'p1'].map(
  (id) => ({ task: { prompt: { prompt: { id } } } }) as unknown as RolloutGroup,
);

describe('withBatchNamed', () => {
  it('names iteration, prompts and next step where a trainer refuses a loss that is no number', () => {
    const refused = new MajlisError('At step 1 of critic-8: the loss is not finite', {
      code: 'out_of_range',
    });
    const named = withBatchNamed(refused, 4, groups);
    expect(named).toMatchObject({ code: 'out_of_range', cause: refused });
    expect(String(named)).toMatch(
      /Iteration 4, on answers to prompts p1, p2: At step 1 of critic-8: .* Next: a new run with a lower/,
    );
  });

  it('leaves other failures as they are', () => {
    const lost = new MajlisError('gone', { code: 'unavailable' });
    expect(withBatchNamed(lost, 4, groups)).toBe(lost);
    const bug = new TypeError('no');
    expect(withBatchNamed(bug, 4, groups)).toBe(bug);
  });
});
