import type { Reward } from '../../../../core/domain/reward.js';
import type { Outcome } from '../../../../core/domain/verdict.js';
import type { ScoreRequest } from '../../../../core/scorer/scorer.js';
import { EagerScorer } from '../../../../coordinator/score/eager-scorer.js';
import { aResult, aTask } from '../../../support/builders.js';
import { scored } from '../../../support/fake-scorer.js';

type Reply = readonly (readonly Outcome<Reward>[])[];

interface Asked {
  readonly request: ScoreRequest;
  readonly signal: AbortSignal | undefined;
  readonly reply: (score: number) => Promise<void>;
  readonly fail: (message: string) => Promise<void>;
}

const group = (id: string): { task: ReturnType<typeof aTask>; result: ReturnType<typeof aResult> } => {
  const task = aTask({ id });
  return { task, result: aResult(task) };
};

const source = (
  rubricHash: string,
): { rubricId: string; rubricHash: string; rewardModelHash: string; floor: number } => ({
  rubricId: rubricHash,
  rubricHash,
  rewardModelHash: `model of ${rubricHash}`,
  floor: -1,
});

/** An eager scorer whose judge answers when the test says so. */
function rig(): { readonly eager: EagerScorer; readonly asked: Asked[] } {
  const asked: Asked[] = [];
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const eager = new EagerScorer({
    score: (request, signal) =>
      new Promise<Reply>((resolve, reject) => {
        const both = (score: number): Reply =>
          request.items.map(({ answers }) => answers.map(() => scored(score)));
        asked.push({
          request,
          signal,
          reply: (score) => (resolve(both(score)), settle()),
          fail: (message) => (reject(new Error(message)), settle()),
        });
      }),
  });
  return { eager, asked };
}

function batchOf(rubric: string, ...ids: readonly string[]): Parameters<EagerScorer['score']>[0] {
  const policy = { version: 0, hash: 'policy-0', location: 'there' };
  return { plan: { iteration: 0, policy, reward: source(rubric) }, groups: ids.map(group) };
}

describe('EagerScorer', () => {
  it('asks about each group at once, and lists them in the order of their answers', async () => {
    const { eager, asked } = rig();
    eager.payBy(source('a'));
    for (const id of ['one', 'two', 'two']) eager.begin(group(id));
    expect(asked.map(({ request }) => request.items.length)).toEqual([1, 1]);
    await asked[1].reply(2);
    await asked[0].reply(1);
    expect(eager.scored).toEqual(['two', 'one']);
    const rewards = await eager.score(batchOf('a', 'one', 'two'));
    expect(rewards.map(({ taskId, outcome }) => [taskId, outcome])).toEqual([
      ['one', scored(1)],
      ['one', scored(1)],
      ['two', scored(2)],
      ['two', scored(2)],
    ]);
    expect(eager.scored).toEqual([]);
  });

  it('scores again, under a new reward, what was scored or being scored under the old one', async () => {
    const { eager, asked } = rig();
    eager.payBy(source('a'));
    eager.begin(group('done'));
    eager.begin(group('asked'));
    await asked[0].reply(1);
    eager.payBy(source('b'));
    expect(eager.scored).toEqual([]);
    expect(asked[1].signal?.aborted).toBe(true);
    expect(asked.slice(2).map(({ request }) => request.rubricHash)).toEqual(['b', 'b']);
    await asked[1].reply(9);
    expect(eager.scored).toEqual([]);
    await asked[2].reply(5);
    const [{ rubricHash, outcome }] = await eager.score(batchOf('b', 'done'));
    expect([rubricHash, outcome]).toEqual(['b', scored(5)]);
  });

  it('fails by a request of the reward in force, and forgets one that was replaced', async () => {
    const { eager, asked } = rig();
    eager.payBy(source('a'));
    eager.begin(group('one'));
    await asked[0].fail('the judge is gone');
    expect(eager.failure?.message).toBe('the judge is gone');
    eager.payBy(source('b'));
    expect(eager.failure).toBeUndefined();
    await asked[1].fail('this one too');
    expect(eager.failure?.message).toBe('this one too');
  });

  it('never hands out what another reward paid', async () => {
    const { eager, asked } = rig();
    eager.payBy(source('a'));
    eager.begin(group('one'));
    await asked[0].reply(1);
    await expect(eager.score(batchOf('b', 'one'))).rejects.toMatchObject({
      code: 'internal',
      message: 'group one is not scored under rubric b',
    });
  });
});
