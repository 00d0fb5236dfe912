import { createRng } from '../../../../core/math/rng.js';
import { rolloutTasks } from '../../../../coordinator/dispatch/rollout-tasks.js';
import { aPrompt } from '../../../support/builders.js';

const reward = { rubricId: 'r', rubricHash: 'rubric-a', rewardModelHash: 'model-a', floor: -1 };
const policy = { version: 4, hash: 'policy-4', location: 'there' };
const sampling = { maxNewTokens: 4, temperature: 1, stopTokenIds: [0] };

function tasks(run: string, iteration = 2, seed = 5): ReturnType<typeof rolloutTasks> {
  const prompts = [0, 1].map((group) => ({ prompt: aPrompt('p'), group }));
  const plan = { iteration, policy, reward };
  return rolloutTasks(plan, prompts, { run, groupSize: 3, sampling, rng: createRng(seed) });
}

describe('rolloutTasks', () => {
  it('names in each task all that it depends on', () => {
    expect(tasks('run')[0]).toMatchObject({
      policyVersion: 4,
      policyHash: 'policy-4',
      rubricHash: 'rubric-a',
      rewardModelHash: 'model-a',
      groupSize: 3,
      sampling,
    });
  });

  it('derives ids from the run and seeds from everything but the run', () => {
    const [first, second] = [tasks('one'), tasks('two')];
    expect(first.map(({ seed }) => seed)).toEqual(second.map(({ seed }) => seed));
    expect(new Set([...first, ...second].map(({ id }) => id)).size).toBe(4);
  });

  it('gives every iteration, prompt occurrence and run seed another seed', () => {
    const seeds = [...tasks('run'), ...tasks('run', 3), ...tasks('run', 2, 6)].map(({ seed }) => seed);
    expect(new Set(seeds).size).toBe(6);
  });
});
