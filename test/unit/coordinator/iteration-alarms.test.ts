import { iterationAlarms } from '../../../coordinator/iteration-alarms.js';
import type { StepTaken } from '../../../coordinator/update/train-model.js';

const minibatch = { epoch: 0, sequences: [0], weights: Float64Array.of(1), normalizer: 1 };
const step = (skipped: boolean): StepTaken => ({ minibatch, loss: 1, gradNorm: NaN, skipped, metrics: {} });

function alarms(excludedShare: number, skipped: readonly boolean[]): string[] {
  const advantages = { trajectories: [], klPerSequence: 0, excludedShare, metrics: {} };
  const [first, ...others] = skipped.map(step);
  const update = {
    policySteps: first === undefined ? [] : [first],
    criticSteps: others,
    hasMoved: true,
    metrics: {},
  };
  return iterationAlarms(3, advantages, update, 0.25).map(({ kind, message }) => `${kind} ${message}`);
}

describe('iterationAlarms', () => {
  it('is silent where all is well, up to the share that is allowed', () => {
    expect(alarms(0.25, [false, false])).toEqual([]);
  });

  it('names too many answers without a score, and skipped steps of both models', () => {
    expect(alarms(0.5, [true, true, false])).toEqual([
      'many_answers_excluded iteration 3: 50% of the answers have no score',
      'update_skipped iteration 3: 2 optimizer steps were skipped for a non-finite gradient',
    ]);
  });
});
