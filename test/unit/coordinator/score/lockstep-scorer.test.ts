import { LockstepScorer } from '../../../../coordinator/score/lockstep-scorer.js';
import { aResult, aTask, aTrajectory } from '../../../support/builders.js';
import { FakeScorer, scored } from '../../../support/fake-scorer.js';
import { SKETCH_REWARD } from '../../../support/batch-builder.js';

const plan = {
  iteration: 0,
  policy: { version: 0, hash: 'policy-0', location: 'there' },
  reward: SKETCH_REWARD,
};
const groups = ['a', 'b'].map((id) => {
  const task = aTask({ id });
  const trajectories = [0, 1].map((index) =>
    aTrajectory({ index, tokenIds: [index + 1, 0], text: `${id}${index}` }),
  );
  return { task, result: aResult(task, trajectories) };
});
const signal = new AbortController().signal;

describe('LockstepScorer', () => {
  it('asks once for the whole batch, under the plan’s hashes, and keeps the order', async () => {
    const scorer = new FakeScorer((_ids, place) => scored(place));
    const rewards = await new LockstepScorer(scorer).score({ plan, groups }, signal);
    expect(scorer.requests).toHaveLength(1);
    expect(scorer.requests[0]).toMatchObject({
      rubricHash: 'rubric-a',
      rewardModelHash: 'model-a',
      items: [{ answers: [{ text: 'a0' }, { text: 'a1' }] }, { answers: [{ text: 'b0' }, { text: 'b1' }] }],
    });
    expect(rewards.map(({ taskId, index, outcome }) => [taskId, index, outcome])).toEqual([
      ['a', 0, scored(0)],
      ['a', 1, scored(1)],
      ['b', 0, scored(2)],
      ['b', 1, scored(3)],
    ]);
  });

  it.each([
    ['an answer', (): Promise<never[][]> => Promise.resolve([[], []])],
    ['a group', (): Promise<never[][]> => Promise.resolve([])],
  ])('refuses a reply that leaves out %s', async (_what, score) => {
    await expect(new LockstepScorer({ score }).score({ plan, groups }, signal)).rejects.toMatchObject({
      code: 'data_loss',
      message: 'the scorer answered 0 outcomes for the 2 answers of a',
    });
  });
});
