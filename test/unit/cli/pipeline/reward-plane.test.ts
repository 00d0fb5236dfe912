import { RewardPlane, type RewardPlaneInputs } from '../../../../cli/pipeline/reward-plane.js';
import { RewardNotReady } from '../../../../coordinator/score/reward-not-ready.js';
import { BadInputError } from '../../../../core/errors.js';

describe('the rewards of a run', () => {
  it('are not ready, which is no failure of the run, where a rubric is gone that was stored', async () => {
    const gone = new BadInputError({
      source: 'rubrics',
      found: 'no rubric f',
      allowed: 'one that was stored',
    });
    const inputs: Partial<RewardPlaneInputs> = { rubrics: [], findRubric: () => Promise.reject(gone) };
    const rewards = new RewardPlane(inputs as RewardPlaneInputs).sources('judged');
    const asked = rewards.activate('f', new AbortController().signal);
    await expect(asked).rejects.toThrow(RewardNotReady);
    await expect(asked).rejects.toThrow('The rubric cannot be read: rubrics: found no rubric f;');
  });
});
