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
      'completions/min_length': 2,
      'completions/max_length': 4,
      'completions/mean_terminated_length': 2,
      episode: 4,
      'answers/reached_limit': 2,
      'answers/cut_characters': 1,
      'val/num_eos_tokens': 2,
    });
  });

  it('counts answers and tokens since the run began, each answer with its prompt', () => {
    const task = aTask({ prompt: aPrompt('p', [1, 2, 3]), groupSize: 2 });
    const answers = [5, 2].map((length, index) =>
      aTrajectory({ index, tokenIds: Array.from({ length }, () => 4), finish: 'length' }),
    );
    const policy = { version: 5, hash: 'policy-5', location: 'there' };
    const batch = {
      plan: { iteration: 9, policy, reward: SKETCH_REWARD },
      groups: [{ task, result: aResult(task, answers) }],
    };
    expect(rolloutMetrics(batch, 1000)).toMatchObject({ episode: 20, num_tokens: 1013 });
    expect(rolloutMetrics(batch)).not.toHaveProperty('num_tokens');
    expect(rolloutMetrics(batch)).not.toHaveProperty('completions/mean_terminated_length');
  });

  it('says how old answers are, and what age has cost, where iterations overlap', () => {
    const policies = [
      [3, 'policy-3'],
      [5, 'policy-5'],
      [1, 'policy-5'],
    ] as const;
    const tasks = policies.map(([policyVersion, policyHash], at) =>
      aTask({ id: `task-${at}`, policyVersion, policyHash }),
    );
    const plan = {
      iteration: 9,
      policy: { version: 5, hash: 'policy-5', location: 'there' },
      reward: SKETCH_REWARD,
    };
    const groups = tasks.map((task) => ({ task, result: aResult(task) }));
    const overlap = { droppedStale: 7, consumedStale: 11 };
    expect(rolloutMetrics({ plan, groups, overlap })).toMatchObject({
      'staleness/mean': 2 / 3,
      'staleness/max': 2,
      'fully_async/count/stale_samples_processed': 11,
      'fully_async/count/dropped_stale_samples': 7,
    });
  });
});
