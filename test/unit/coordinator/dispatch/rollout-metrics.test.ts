import { rolloutMetrics } from '../../../../coordinator/dispatch/rollout-metrics.js';
import { aPrompt, aResult, aTask, aTrajectory } from '../../../support/builders.js';
import { SKETCH_REWARD } from '../../../support/batch-builder.js';

describe('rolloutMetrics', () => {
  it('counts what was cut, and tells a broken end from one that the policy wrote', () => {
    const task = aTask({ prompt: { ...aPrompt(), truncated: true }, groupSize: 3 });
    const result = aResult(task, [
      aTrajectory({ index: 0, tokenIds: [1, 2, 3, 4], finish: 'length', text: 'مرحبا\uFFFD' }),
      aTrajectory({ index: 1, tokenIds: [1, 2, 3, 4], finish: 'length', text: 'مرحبا' }),
      aTrajectory({ index: 2, tokenIds: [1, 0], finish: 'stop', text: 'a\uFFFD' }),
    ]);
    const policy = { version: 0, hash: 'policy-0', location: 'there' };
    const other = aTask({ id: 'other' });
    const groups = [
      { task, result },
      { task: other, result: aResult(other, [aTrajectory({ tokenIds: [1, 0] })]) },
    ];
    expect(rolloutMetrics({ plan: { iteration: 0, policy, reward: SKETCH_REWARD }, groups })).toEqual({
      'prompts/truncated': 1,
      'answers/mean_length': 3,
      'answers/reached_limit': 2,
      'answers/cut_characters': 1,
      'val/num_eos_tokens': 2,
    });
  });
});
