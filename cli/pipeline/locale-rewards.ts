/**
 * The rewards of a run on several locales: a reward plane for each, and one reward over them.
 *
 * - What is in force is a set of rubrics; its hash stands on tasks, iterations and policies where a rubric's does else.
 * - Pairs are judged, fused and learned from within their locale: no verdict compares answers in two languages.
 * - Swapping one member leaves the others' reward models as they are.
 */
import type { Locale } from '../../core/domain/prompt.js';
import type { Preference } from '../../core/domain/preference.js';
import { MajlisError } from '../../core/errors.js';
import { RewardNotReady } from '../../coordinator/score/reward-not-ready.js';
import type { RewardRefresh, RewardSource, RewardSources } from '../../coordinator/score/reward-source.js';
import type { EncodedPair } from '../../reward/model/encoded-pair.js';
import { rewardSetHash } from '../../reward/model/reward-model-hash.js';
import type { RewardModelEvaluation } from '../../reward/model/train-reward-model.js';
import type { RubricMember, RubricSet } from '../../reward/rubric/rubric-set.js';
import type { RewardModelScorer } from '../../reward/scorer/reward-model-scorer.js';
import type { JudgedPairs } from './judged-pairs.js';
import type { Labels, RewardPlane, TrainedReward } from './reward-plane.js';
import type { RewardSetStore } from './reward-set-store.js';

/** A rubric's reward, or that of a set, whatever models it has. */
export type RewardOfRubrics = Omit<TrainedReward, 'model'>;

/** Rubrics to rewards, whether of one locale or of several. */
export interface Rewards extends Pick<
  RewardPlane,
  'sources' | 'refreshing' | 'lessons' | 'judgements' | 'close'
> {
  reward(rubricHash: string, labels: Labels): Promise<RewardOfRubrics>;
}

export interface LocaleRewardsInputs {
  readonly planes: ReadonlyMap<Locale, Rewards>;
  /** The set of a hash: one of the run file's, or one that a swap made. */
  readonly findSet: (hash: string) => Promise<RubricSet>;
  readonly scorer: Pick<RewardModelScorer, 'loadSet' | 'unload'>;
  readonly store: RewardSetStore;
}

type RecordPreferences = (preferences: readonly Preference[]) => Promise<void>;

/** A set's reward: the set, and what pays in each locale. */
interface JoinedReward {
  readonly rubricHash: string;
  readonly members: ReadonlyMap<Locale, RewardSource>;
}

export class LocaleRewards implements Rewards {
  /** Of every member that was met, by its rubric's hash. */
  private readonly localeOf = new Map<string, Locale>();
  /** What each set's reward is made of, by its reward model's hash. */
  private readonly joinedOf = new Map<string, JoinedReward>();

  constructor(private readonly inputs: LocaleRewardsInputs) {}

  sources(labels: Labels, record?: RecordPreferences): RewardSources {
    const planes = [...this.inputs.planes];
    const own = new Map(planes.map(([locale, plane]) => [locale, plane.sources(labels, record)]));
    return {
      activate: async (setHash, signal, paidBefore) => {
        const before =
          paidBefore === undefined
            ? []
            : (await this.inputs.store.find(paidBefore)).map(
                ({ rubricHash, rewardModelHash }) => [rubricHash, rewardModelHash] as const,
              );
        const paid = new Map(before);
        return this.joined(setHash, ({ locale, rubric }) =>
          at(own, locale).activate(rubric.hash, signal, paid.get(rubric.hash)),
        );
      },
      keep: async (rewards) => {
        const kept = rewards.flatMap(({ rewardModelHash }) => this.joinedOf.get(rewardModelHash) ?? []);
        for (const [locale, sources] of own) {
          await sources.keep(kept.flatMap(({ members }) => members.get(locale) ?? []));
        }
      },
    };
  }

  refreshing(labels: Labels, every: number, record: RecordPreferences): RewardRefresh {
    return {
      every,
      refresh: async (setHash, policy, signal) =>
        this.joined(setHash, ({ locale, rubric }) =>
          this.plane(locale).refreshing(labels, every, record).refresh(rubric.hash, policy, signal),
        ),
    };
  }

  /** All members' together; how good they are is told over the pairs of all locales. */
  async reward(setHash: string, labels: Labels): Promise<RewardOfRubrics> {
    const trained: RewardOfRubrics[] = [];
    const source = await this.joined(setHash, async ({ locale, rubric }) => {
      const reward = await this.plane(locale).reward(rubric.hash, labels);
      trained.push(reward);
      return reward.source;
    });
    return {
      source,
      preferences: trained.flatMap(({ preferences }) => preferences),
      evaluation: pooled(trained.map(({ evaluation }) => evaluation)),
    };
  }

  async lessons(setHash: string): Promise<readonly EncodedPair[]> {
    const { members } = await this.set(setHash);
    const all = members.map(({ locale, rubric }) => this.plane(locale).lessons(rubric.hash));
    return (await Promise.all(all)).flat();
  }

  /** Of one member, by its rubric's hash: pairs of two locales are never judged together. */
  async judgements(rubricHash: string): Promise<JudgedPairs> {
    const locale = this.localeOf.get(rubricHash);
    if (locale !== undefined) return this.plane(locale).judgements(rubricHash);
    throw new MajlisError(`rubric ${rubricHash} is in no set that was met`, { code: 'internal' });
  }

  /** Takes the sets from the scorer, and has every plane do so with its models. */
  async close(): Promise<void> {
    for (const [rewardModelHash, { rubricHash }] of this.joinedOf) {
      this.inputs.scorer.unload({ rubricHash, rewardModelHash });
    }
    for (const plane of this.inputs.planes.values()) await plane.close();
  }

  /** One reward after the other: the trainer is the same, and each judge is asked by one locale at a time. */
  private async joined(
    setHash: string,
    ready: (member: RubricMember) => Promise<RewardSource>,
  ): Promise<RewardSource> {
    const { members } = await this.set(setHash);
    const sources: RewardSource[] = [];
    for (const member of members) sources.push(await ready(member));
    const rewards = members.map(({ locale }, place) => {
      const { rubricHash, rewardModelHash } = sources[place];
      return { locale, rubricHash, rewardModelHash };
    });
    const rewardModelHash = rewardSetHash(rewards);
    const paying = new Map(members.map(({ locale }, place) => [locale, sources[place]]));
    this.joinedOf.set(rewardModelHash, { rubricHash: setHash, members: paying });
    await this.inputs.store.save(rewardModelHash, rewards);
    this.inputs.scorer.loadSet({ rubricHash: setHash, rewardModelHash }, rewards);
    return {
      // Every rubric has the same floor.
      ...{ rubricHash: setHash, rewardModelHash, floor: sources[0].floor },
      rubricId: sources.map(({ rubricId }) => rubricId).join('+'),
      members: sources.map(({ rubricId, rubricHash }, place) => {
        return { locale: members[place].locale, rubricId, rubricHash };
      }),
    };
  }

  private async set(hash: string): Promise<RubricSet> {
    try {
      const set = await this.inputs.findSet(hash);
      for (const { locale, rubric } of set.members) this.localeOf.set(rubric.hash, locale);
      return set;
    } catch (thrown) {
      throw new RewardNotReady(`The rubrics cannot be read: ${MajlisError.from(thrown).message}.`, thrown);
    }
  }

  private plane(locale: Locale): Rewards {
    return at(this.inputs.planes, locale);
  }
}

function at<Value>(byLocale: ReadonlyMap<Locale, Value>, locale: Locale): Value {
  const found = byLocale.get(locale);
  if (found !== undefined) return found;
  throw new MajlisError(`the run has no locale ${locale}`, { code: 'internal' });
}

/** Means over all held-out pairs; absent where no locale has the figure. */
function pooled(evaluations: readonly RewardModelEvaluation[]): RewardModelEvaluation {
  const mean = (name: 'accuracy' | 'lengthBaseline'): number | undefined => {
    const known = evaluations.flatMap(({ pairs, [name]: value }) =>
      value === undefined ? [] : [{ pairs, value }],
    );
    const pairs = known.reduce((sum, each) => sum + each.pairs, 0);
    return pairs === 0 ? undefined : known.reduce((sum, each) => sum + each.value * each.pairs, 0) / pairs;
  };
  const [accuracy, lengthBaseline] = [mean('accuracy'), mean('lengthBaseline')];
  return {
    ...(accuracy === undefined ? {} : { accuracy }),
    ...(lengthBaseline === undefined ? {} : { lengthBaseline }),
    pairs: evaluations.reduce((sum, { pairs }) => sum + pairs, 0),
  };
}
