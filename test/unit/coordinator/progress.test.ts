import { advanced, manifestOf } from '../../../coordinator/progress.js';
import type { Progress } from '../../../coordinator/progress.js';
import { adaptiveKlController } from '../../../core/math/kl-controller.js';

const HELD = { version: 3, hash: 'three', location: 'policies/3', rubricHash: 'rubric-a' };
const MOVED = { version: 4, hash: 'four', location: 'policies/4', rubricHash: 'rubric-a' };

const PROGRESS: Progress = {
  iteration: 7,
  policy: HELD,
  reward: { rubricId: 'a', rubricHash: 'rubric-a', rewardModelHash: 'model-a', floor: -3 },
  shadowRubricHash: undefined,
  klController: adaptiveKlController({ initial: 0.1, target: 6, horizon: 100 }),
  policyHeldUntil: 5,
  numTokens: 100,
};

function afterUpdate(hasMoved: boolean, klPerSequence: number): Progress {
  const trajectories = Array.from({ length: 10 }, (_, index) => ({
    taskId: 't',
    index,
    advantages: new Float32Array(),
    weights: new Float32Array(),
  }));
  const advantages = { trajectories, klPerSequence, excludedShare: 0, metrics: {} };
  const update = { hasMoved, policySteps: [], criticSteps: [], metrics: {} };
  return advanced(PROGRESS, MOVED, { update, advantages });
}

describe('the progress of a run', () => {
  it('takes the new version and lets β follow the KL where the policy moved', () => {
    const next = afterUpdate(true, 60);
    expect(next).toMatchObject({ iteration: 8, policy: MOVED, policyHeldUntil: 5 });
    // 20% of the error, times 10 answers of a horizon of 100.
    expect(next.klController.coef).toBeCloseTo(0.1 * 1.02, 12);
    expect(PROGRESS.iteration).toBe(7);
  });

  it('keeps version and β where the policy was held', () => {
    expect(afterUpdate(false, 60)).toEqual({ ...PROGRESS, iteration: 8 });
  });

  it.each([NaN, Infinity])('leaves β alone where the KL is %d', (kl) => {
    const next = afterUpdate(true, kl);
    expect(next.policy).toEqual(MOVED);
    expect(next.klController.coef).toBe(0.1);
  });

  it('stands in a manifest with all that the next iteration depends on', () => {
    expect(manifestOf(PROGRESS)).toEqual({
      iteration: 7,
      policyVersion: { version: 3, hash: 'three', location: 'policies/3' },
      rubricHash: 'rubric-a',
      klController: { kind: 'adaptive', coef: 0.1, target: 6, horizon: 100 },
      policyHeldUntil: 5,
    });
  });
});
