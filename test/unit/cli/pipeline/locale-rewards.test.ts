import { LocaleRewards, type Rewards } from '../../../../cli/pipeline/locale-rewards.js';
import { RewardSetStore } from '../../../../cli/pipeline/reward-set-store.js';
import { RewardNotReady } from '../../../../coordinator/score/reward-not-ready.js';
import type { RewardSource } from '../../../../coordinator/score/reward-source.js';
import type { PolicyVersion } from '../../../../core/domain/policy.js';
import type { Rubric } from '../../../../core/domain/rubric.js';
import type { RewardMember } from '../../../../reward/scorer/reward-model-scorer.js';
import { rubricSet, type RubricSet } from '../../../../reward/rubric/rubric-set.js';
import { emptyRubric } from '../../../support/reward-fixtures.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const signal = new AbortController().signal;
const policy: PolicyVersion = { version: 3, hash: 'now', location: 'policies/3' };

function rubric(id: string, locale: string): Rubric {
  return { ...emptyRubric, id, locale, hash: `hash of ${id}` };
}

const msa = { locale: 'ar', rubric: rubric('msa', 'ar') };
const haeyo = { locale: 'ko', rubric: rubric('haeyo', 'ko') };
const hapsyo = { locale: 'ko', rubric: rubric('hapsyo', 'ko') };
const first = rubricSet([msa, haeyo]);
const swapped = rubricSet([msa, hapsyo]);

/** A plane whose reward models are named by what they were made from, and that notes what is asked of it. */
class FakePlane implements Rewards {
  readonly asked: string[] = [];
  kept: readonly RewardSource[] = [];

  constructor(private readonly accuracy: number) {}

  private source(rubricHash: string, rewardModelHash: string): RewardSource {
    this.asked.push(rewardModelHash);
    return { rubricId: rubricHash.replace('hash of ', ''), rubricHash, rewardModelHash, floor: -5 };
  }

  sources: Rewards['sources'] = () => ({
    activate: async (hash, _signal, paidBefore) => this.source(hash, paidBefore ?? `model of ${hash}`),
    keep: async (rewards) => {
      this.kept = rewards;
    },
  });

  refreshing: Rewards['refreshing'] = (_labels, every) => ({
    every,
    refresh: async (hash, { hash: on }) => this.source(hash, `model of ${hash} on ${on}`),
  });

  async reward(hash: string): ReturnType<Rewards['reward']> {
    const evaluation = { accuracy: this.accuracy, pairs: 100 * this.accuracy };
    return { source: this.source(hash, `model of ${hash}`), preferences: [], evaluation };
  }

  lessons: Rewards['lessons'] = async () => [];
  judgements: Rewards['judgements'] = () => Promise.reject(new Error('not judged here'));
  close: Rewards['close'] = async () => {
    this.asked.push('close');
  };
}

describe('the rewards of several locales', () => {
  const folder = useTemporaryFolder();

  function aRig(sets: readonly RubricSet[] = [first, swapped]): {
    rewards: LocaleRewards;
    arabic: FakePlane;
    korean: FakePlane;
    loaded: Map<string, readonly RewardMember[]>;
  } {
    const [arabic, korean] = [new FakePlane(0.5), new FakePlane(1)];
    const loaded = new Map<string, readonly RewardMember[]>();
    const rewards = new LocaleRewards({
      planes: new Map([
        ['ar', arabic],
        ['ko', korean],
      ]),
      findSet: async (hash) => {
        const set = sets.find((candidate) => candidate.hash === hash);
        if (set === undefined) throw new Error('it is gone');
        return set;
      },
      scorer: {
        loadSet: ({ rewardModelHash }, members) => loaded.set(rewardModelHash, members),
        unload: ({ rewardModelHash }) => loaded.delete(rewardModelHash),
      },
      store: new RewardSetStore(folder()),
    });
    return { rewards, arabic, korean, loaded };
  }

  it('are one source under the set’s hash, which the scorer routes to each locale’s model', async () => {
    const { rewards, loaded } = aRig();
    const source = await rewards.sources('judged').activate(first.hash, signal);
    expect(source).toMatchObject({
      ...{ rubricHash: first.hash, rubricId: 'msa+haeyo', floor: -5 },
      members: [
        { locale: 'ar', rubricId: 'msa', rubricHash: 'hash of msa' },
        { locale: 'ko', rubricId: 'haeyo', rubricHash: 'hash of haeyo' },
      ],
    });
    expect(loaded.get(source.rewardModelHash)).toEqual([
      { locale: 'ar', rubricHash: 'hash of msa', rewardModelHash: 'model of hash of msa' },
      { locale: 'ko', rubricHash: 'hash of haeyo', rewardModelHash: 'model of hash of haeyo' },
    ]);
  });

  it('ask for the other locale’s model alone when one rubric is swapped, and keep what is still used', async () => {
    const { rewards, arabic, korean } = aRig();
    const sources = rewards.sources('judged');
    const before = await sources.activate(first.hash, signal);
    const after = await sources.activate(swapped.hash, signal);
    expect(after.rewardModelHash).not.toBe(before.rewardModelHash);
    expect(arabic.asked).toEqual(['model of hash of msa', 'model of hash of msa']);
    expect(korean.asked).toEqual(['model of hash of haeyo', 'model of hash of hapsyo']);
    await sources.keep([after]);
    expect(korean.kept.map(({ rewardModelHash }) => rewardModelHash)).toEqual(['model of hash of hapsyo']);
    expect(arabic.kept).toHaveLength(1);
  });

  it('come back after a restart with the retrained models that paid before', async () => {
    const began = aRig().rewards.refreshing('judged', 4, async () => undefined);
    const paid = await began.refresh(first.hash, policy, signal);
    const { rewards, loaded } = aRig();
    const again = await rewards.sources('judged').activate(first.hash, signal, paid.rewardModelHash);
    expect(again.rewardModelHash).toBe(paid.rewardModelHash);
    expect(loaded.get(again.rewardModelHash)?.map(({ rewardModelHash }) => rewardModelHash)).toEqual([
      'model of hash of msa on now',
      'model of hash of haeyo on now',
    ]);
    await expect(rewards.sources('judged').activate(first.hash, signal, 'lost')).rejects.toMatchObject({
      code: 'data_loss',
    });
  });

  it('are as good as their models over the held-out pairs of all', async () => {
    const { evaluation } = await aRig().rewards.reward(first.hash, 'judged');
    // 0.5 over 50 pairs and 1 over 100.
    expect(evaluation).toEqual({ accuracy: expect.closeTo(125 / 150, 12), pairs: 150 });
  });

  it('leave nothing in the scorer when they are closed', async () => {
    const { rewards, arabic, korean, loaded } = aRig();
    await rewards.sources('judged').activate(first.hash, signal);
    await rewards.sources('judged').activate(swapped.hash, signal);
    expect(loaded.size).toBe(2);
    await rewards.close();
    expect(loaded.size).toBe(0);
    expect([arabic, korean].map(({ asked }) => asked.at(-1))).toEqual(['close', 'close']);
  });

  it('are not ready where the set cannot be read', async () => {
    const { rewards } = aRig([]);
    await expect(rewards.sources('judged').activate(first.hash, signal)).rejects.toThrow(RewardNotReady);
  });
});
