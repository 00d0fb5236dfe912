import type { LocaleProfile } from '../../core/domain/locale.js';
import type { Locale } from '../../core/domain/prompt.js';
import type { PolicyVersion } from '../../core/domain/policy.js';
import type { AnswerPair, Preference } from '../../core/domain/preference.js';
import type { Rubric } from '../../core/domain/rubric.js';
import { MajlisError } from '../../core/errors.js';
import { createRng, type Rng } from '../../core/math/rng.js';
import type { RunConfig } from '../../core/config/run-config.js';
import type { ScoreItem } from '../../core/scorer/scorer.js';
import { RewardNotReady } from '../../coordinator/score/reward-not-ready.js';
import type { RewardRefresh, RewardSource, RewardSources } from '../../coordinator/score/reward-source.js';
import { encodePreferences, type AnswerEncoder, type EncodedPair } from '../../reward/model/encoded-pair.js';
import { REWARD_CLIP } from '../../reward/model/reward-normalizer.js';
import type { Split } from '../../reward/model/split-by-prompt.js';
import type { RewardModelEvaluation } from '../../reward/model/train-reward-model.js';
import { shuffleLabels } from '../../reward/preference/shuffle-labels.js';
import { calibrateReward, type RewardModelScorer } from '../../reward/scorer/reward-model-scorer.js';
import { createRubricGate, type AnswerGate } from '../../reward/scorer/veto-gate.js';
import { eitherEncoder, type PolicyPairs } from './policy-pairs.js';
import { RestorableRewardModel } from './restorable-reward-model.js';
import type { HeldRewardModel, RewardForm } from './reward-forms/reward-form.js';
import type { RewardRecord, RewardStore, StoredReward } from './reward-store.js';
import type { JudgedPairs } from './judged-pairs.js';
import type { ProgressListener } from './progress.js';

/** Whether reward models learn the panel's labels, or the same labels shuffled over the pairs. */
export type Labels = 'judged' | 'shuffled';

export interface RewardPlaneInputs {
  readonly config: Pick<RunConfig, 'seed'>;
  /** The run's locale, or the one of several that this plane is for; it serves those under it. */
  readonly locale: Locale;
  readonly profile: LocaleProfile;
  /** That the run's reward models have. */
  readonly form: RewardForm;
  readonly scorer: RewardModelScorer;
  readonly encode: AnswerEncoder;
  /** The SFT checkpoint's answers that rewards are centred and scaled by. */
  readonly references: readonly ScoreItem[];
  /** The SFT checkpoint's pairs. */
  readonly pairs: readonly AnswerPair[];
  /** Judges pairs under a rubric, by the same panel each time. `name` tells these pairs from others under it. */
  readonly judge: (rubric: Rubric, pairs: readonly AnswerPair[], name: string) => Promise<JudgedPairs>;
  /** Pairs of what another policy answers; without it nothing can be retrained. */
  readonly sample?: (policy: PolicyVersion) => Promise<PolicyPairs>;
  readonly rubrics: readonly Rubric[];
  /** One that was swapped in from outside, by hash. */
  readonly findRubric: (hash: string) => Promise<Rubric>;
  readonly store: RewardStore;
  readonly onProgress: ProgressListener;
  /** Of the run: what is being trained is given up with it. */
  readonly signal: AbortSignal;
}

/** A rubric's trained reward and how good it is on pairs that it did not learn from. */
export interface TrainedReward {
  readonly source: RewardSource;
  readonly model: RestorableRewardModel;
  readonly preferences: readonly Preference[];
  readonly evaluation: RewardModelEvaluation;
}

/** What one reward model learns from. */
interface Lessons {
  readonly preferences: readonly Preference[];
  readonly encode: AnswerEncoder;
}

/**
 * Rubrics of one locale to rewards, in one process. A rubric's judgements and its reward model are made once, whoever asks first;
 * arms that share rubric and labels share the model. A model that no arm uses any more takes up no room; it comes back from the
 * store when somebody asks it.
 */
export class RewardPlane {
  private readonly judged = new Map<string, Promise<JudgedPairs>>();
  private readonly trained = new Map<string, Promise<TrainedReward>>();
  /** Every model that the scorer knows, by its hash. */
  private readonly models = new Map<string, RestorableRewardModel>();
  /** Hashes of the models that each arm uses. */
  private readonly used = new Map<RewardSources, ReadonlySet<string>>();

  constructor(private readonly inputs: RewardPlaneInputs) {}

  /** What a coordinator activates rewards from; `record` gets what each activated reward model learned from. */
  sources(
    labels: Labels,
    record: (preferences: readonly Preference[]) => Promise<void> = async () => undefined,
  ): RewardSources {
    const sources: RewardSources = {
      activate: async (rubricHash, _signal, paidBefore) => {
        const first = await this.reward(rubricHash, labels);
        await record(first.preferences);
        const isFirst = paidBefore === undefined || paidBefore === first.source.rewardModelHash;
        const { source, model } = isFirst ? first : await this.restored(rubricHash, paidBefore);
        this.used.set(sources, new Set([...(this.used.get(sources) ?? []), model.hash]));
        await model.ready();
        return source;
      },
      keep: async (rewards) => {
        this.used.set(sources, new Set(rewards.map(({ rewardModelHash }) => rewardModelHash)));
        await this.freeUnused();
      },
    };
    return sources;
  }

  /** Frees every model, and takes it from the scorer. */
  async close(): Promise<void> {
    this.used.clear();
    for (const { hash, rubricHash } of this.models.values()) {
      this.inputs.scorer.unload({ rubricHash, rewardModelHash: hash });
    }
    await this.freeUnused();
  }

  private async freeUnused(): Promise<void> {
    const used = new Set([...this.used.values()].flatMap((hashes) => [...hashes]));
    const unused = [...this.models.values()].filter(({ hash }) => !used.has(hash));
    await Promise.all(unused.map((model) => model.release()));
  }

  /** What a coordinator retrains rewards by; `record` gets what each retrained model learned from. */
  refreshing(
    labels: Labels,
    every: number,
    record: (preferences: readonly Preference[]) => Promise<void>,
  ): RewardRefresh {
    return {
      every,
      refresh: async (rubricHash, policy) => {
        const { source, preferences } = await once(
          this.trained,
          `${rubricHash}/${labels}/${policy.hash}`,
          async () => this.train(await this.rubric(rubricHash), labels, policy),
        );
        await record(preferences);
        return source;
      },
    };
  }

  /** A retrained model that an earlier start of the run was paid by. */
  private async restored(rubricHash: string, rewardModelHash: string): Promise<TrainedReward> {
    const stored = await this.inputs.store.find(rewardModelHash, rubricHash);
    if (stored !== undefined) return this.load(await this.rubric(rubricHash), stored);
    const message = `reward model ${rewardModelHash}, which the run was paid by, is not in its folder any more`;
    throw new MajlisError(message, { code: 'data_loss' });
  }

  reward(rubricHash: string, labels: Labels): Promise<TrainedReward> {
    return once(this.trained, `${rubricHash}/${labels}`, async () =>
      this.train(await this.rubric(rubricHash), labels),
    );
  }

  /** The pairs that a rubric's reward model learned from, for whoever learns from the same without one. */
  async lessons(rubricHash: string): Promise<readonly EncodedPair[]> {
    const { preferences } = await this.reward(rubricHash, 'judged');
    const rubric = await this.rubric(rubricHash);
    return this.split(preferences, this.inputs.encode, this.rng(rubric, 'judged')).training;
  }

  judgements(rubricHash: string): Promise<JudgedPairs> {
    return once(this.judged, rubricHash, async () => {
      const rubric = await this.rubric(rubricHash);
      return this.inputs.judge(rubric, this.inputs.pairs, rubric.id);
    });
  }

  /** One that was asked for and cannot be read any more is a reason to stand: a person brings it back, or takes another. */
  private async rubric(hash: string): Promise<Rubric> {
    const { rubrics, findRubric } = this.inputs;
    const known = rubrics.find((candidate) => candidate.hash === hash);
    if (known !== undefined) return known;
    try {
      return await findRubric(hash);
    } catch (thrown) {
      throw new RewardNotReady(`The rubric cannot be read: ${MajlisError.from(thrown).message}.`, thrown);
    }
  }

  /** From the store where an earlier start of the run left it there. */
  private async train(rubric: Rubric, labels: Labels, policy?: PolicyVersion): Promise<TrainedReward> {
    const { store } = this.inputs;
    const first = `${rubric.id}-${rubric.hash.slice(0, 12)}-${labels}`;
    const name = policy === undefined ? first : `${first}-${policy.hash.slice(0, 12)}`;
    const stored = await store.load(name, rubric.hash);
    if (stored !== undefined) return this.load(rubric, stored);
    const lessons = await (policy === undefined
      ? this.firstLessons(rubric, labels)
      : this.laterLessons(rubric, labels, policy));
    const { held, ...made } = await this.make(rubric, labels, lessons);
    return this.load(rubric, await store.save(name, made, held), held);
  }

  private load(rubric: Rubric, stored: StoredReward, held?: HeldRewardModel): TrainedReward {
    const { scorer } = this.inputs;
    const { rewardModelHash, normalizer, preferences, evaluation, restore } = stored;
    const hashes = { rubricHash: rubric.hash, rewardModelHash };
    const names = { hash: rewardModelHash, rubricHash: rubric.hash };
    const model = this.models.get(rewardModelHash) ?? new RestorableRewardModel(names, restore, held);
    this.models.set(rewardModelHash, model);
    scorer.load({ model, normalizer, gate: this.gate(rubric) });
    const source = { ...hashes, rubricId: rubric.id, floor: rubric.floor * REWARD_CLIP };
    return { source, model, preferences, evaluation };
  }

  private gate(rubric: Rubric): AnswerGate {
    return createRubricGate(rubric, this.inputs.profile);
  }

  private async firstLessons(rubric: Rubric, labels: Labels): Promise<Lessons> {
    const { preferences } = (await this.judgements(rubric.hash)).aggregate;
    const rng = this.rng(rubric, labels);
    return {
      preferences: labels === 'judged' ? preferences : shuffleLabels(preferences, rng.fork('placebo')),
      encode: this.inputs.encode,
    };
  }

  /** The SFT checkpoint's pairs with their labels, and this policy's, but for those that the checkpoint gave too. */
  private async laterLessons(rubric: Rubric, labels: Labels, policy: PolicyVersion): Promise<Lessons> {
    const { sample, judge, encode } = this.inputs;
    if (sample === undefined) {
      throw new MajlisError('nothing samples the pairs that a reward model is retrained on', {
        code: 'internal',
      });
    }
    const { preferences: old } = await this.reward(rubric.hash, labels);
    const known = new Set(old.map(({ pair }) => pair.id));
    const { sampled, pairs } = await sample(policy);
    const fresh = pairs.pairs.filter(({ id }) => !known.has(id));
    if (fresh.length === 0) return { preferences: old, encode };
    const name = `${rubric.id}-policy-${policy.hash.slice(0, 12)}`;
    const { preferences } = (await judge(rubric, fresh, name)).aggregate;
    const rng = this.rng(rubric, labels).fork(policy.hash);
    const labelled = labels === 'judged' ? preferences : shuffleLabels(preferences, rng.fork('placebo'));
    return { preferences: [...old, ...labelled], encode: eitherEncoder(sampled, encode) };
  }

  private async make(
    rubric: Rubric,
    labels: Labels,
    { preferences, encode }: Lessons,
  ): Promise<RewardRecord & { readonly held: HeldRewardModel }> {
    const { locale, form, references, onProgress, signal } = this.inputs;
    const rng = this.rng(rubric, labels);
    const gate = this.gate(rubric);
    const stage = `reward model ${rubric.id}${labels === 'judged' ? '' : ' (placebo)'}`;
    const { held, evaluation } = await form.train({
      ...{ rubric, preferences, rng, signal, pairs: this.split(preferences, encode, rng) },
      references: references.flatMap(({ prompt, answers }) =>
        answers.flatMap(({ text }) => (gate(prompt, text) === undefined ? [{ prompt, answer: text }] : [])),
      ),
      onStep: (step) => {
        onProgress({ stage, unit: 'steps', ...step });
      },
    });
    const normalizer = await calibrateReward({ model: held.model, gate }, references, {
      locales: [locale],
      signal,
    });
    return { rewardModelHash: held.model.hash, held, normalizer, evaluation, preferences };
  }

  private rng({ id }: Rubric, labels: Labels): Rng {
    return createRng(this.inputs.config.seed).fork(`reward/${id}/${labels}`);
  }

  private split(preferences: readonly Preference[], encode: AnswerEncoder, rng: Rng): Split<EncodedPair> {
    const { training, heldOut } = this.inputs.form.split(preferences, rng.fork('split'));
    return { training: encodePreferences(training, encode), heldOut: encodePreferences(heldOut, encode) };
  }
}

/** A failure is told to everybody who waits for it, and then tried anew. */
function once<Value>(
  known: Map<string, Promise<Value>>,
  key: string,
  make: () => Promise<Value>,
): Promise<Value> {
  const waiting = known.get(key);
  if (waiting !== undefined) return waiting;
  const value = make();
  known.set(key, value);
  value.catch(() => known.delete(key));
  return value;
}
