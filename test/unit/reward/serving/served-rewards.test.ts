import { ServedRewards } from '../../../../reward/serving/served-rewards.js';
import { lengthReward } from '../../../support/served-reward.js';

const first = { rubricHash: 'rubric-1', rewardModelHash: 'model-1' };
const second = { rubricHash: 'rubric-2', rewardModelHash: 'model-2' };

function bothLoaded(): ServedRewards {
  const rewards = new ServedRewards();
  rewards.load(lengthReward());
  rewards.load(lengthReward({ hash: 'model-2', rubricHash: 'rubric-2' }));
  return rewards;
}

function refusal(act: () => unknown): unknown {
  try {
    return act();
  } catch (thrown) {
    return thrown;
  }
}

describe('ServedRewards', () => {
  it('finds a reward by its hashes and by what an alias points to', () => {
    const rewards = bothLoaded();
    rewards.pointAlias('active', second);
    expect(rewards.resolve(first)).toEqual(first);
    expect(rewards.resolve({ alias: 'active' })).toEqual(second);
    expect(rewards.aliasTable()).toEqual(new Map([['active', second]]));
    expect(rewards.list()).toEqual([first, second]);
  });

  it('says what is loaded to whoever names what is not', () => {
    const rewards = bothLoaded();
    rewards.pointAlias('active', first);
    expect(refusal(() => rewards.resolve({ rubricHash: 'r', rewardModelHash: 'm' }))).toMatchObject({
      code: 'failed_precondition',
      message:
        'reward model m of rubric r is not loaded; loaded: reward model model-1 of rubric rubric-1; reward model model-2 of rubric rubric-2.',
    });
    expect(() => rewards.resolve({ alias: 'next' })).toThrow(
      'No reward is served as "next"; there are active.',
    );
    expect(() => new ServedRewards().resolve({ alias: 'active' })).toThrow('there are no aliases yet');
  });

  it('refuses a reward model under another rubric with both hashes, loaded or asked for', () => {
    const rewards = bothLoaded();
    const ofAnother = {
      code: 'failed_precondition',
      message:
        'Reward model model-1 learned from judgements under rubric rubric-1, not rubric-2: ask for both of one kind.',
    };
    expect(refusal(() => rewards.resolve({ ...second, rewardModelHash: 'model-1' }))).toMatchObject(
      ofAnother,
    );
    expect(refusal(() => rewards.load({ ...lengthReward(), rubricHash: 'rubric-2' }))).toMatchObject(
      ofAnother,
    );
  });

  it('keeps a taken reward until it is given back, though its alias has moved and it is unloaded', async () => {
    const rewards = new ServedRewards();
    const events: string[] = [];
    rewards.load(lengthReward({ release: async () => void events.push('released') }));
    rewards.load(lengthReward({ hash: 'model-2', rubricHash: 'rubric-2' }));
    rewards.pointAlias('active', first);
    const [one, other] = [rewards.take({ alias: 'active' }), rewards.take(first)];
    rewards.pointAlias('active', second);
    const unloaded = rewards.unload(first).then(() => events.push('unloaded'));
    expect(() => rewards.resolve(first)).toThrow('is not loaded');
    one.giveBack();
    await new Promise(setImmediate);
    expect(events).toEqual([]);
    expect(other.reward.model.hash).toBe('model-1');
    other.giveBack();
    await unloaded;
    expect(events).toEqual(['released', 'unloaded']);
    expect(rewards.resolve({ alias: 'active' })).toEqual(second);
  });

  it('does not unload what an alias points to, and forgets an alias that is dropped', async () => {
    const rewards = bothLoaded();
    rewards.pointAlias('active', first);
    await expect(rewards.unload(first)).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('is what active points to'),
    });
    rewards.dropAlias('active');
    await rewards.unload(first);
    await rewards.unload(first);
    expect(rewards.list()).toEqual([second]);
  });

  it('points an alias to nothing that is not loaded, and leaves it where it was', () => {
    const rewards = bothLoaded();
    rewards.pointAlias('active', first);
    expect(() => rewards.pointAlias('active', { rubricHash: 'r', rewardModelHash: 'm' })).toThrow(
      'is not loaded',
    );
    expect(rewards.resolve({ alias: 'active' })).toEqual(first);
  });
});
