import type { LocaleProfile } from '../../core/domain/locale.js';
import type { Preference } from '../../core/domain/preference.js';
import type { Rubric } from '../../core/domain/rubric.js';
import { MajlisError } from '../../core/errors.js';
import { createRng, type Rng } from '../../core/math/rng.js';
import type { RunConfig } from '../../core/config/run-config.js';
import type { ScoreItem } from '../../core/scorer/scorer.js';
import type { Trainer, TrainerCall } from '../../core/trainer/trainer.js';
import { RewardNotReady } from '../../coordinator/score/reward-not-ready.js';
import type { RewardSource, RewardSources } from '../../coordinator/score/reward-source.js';
import {
  encodePreferences,
  preferencesHash,
  type AnswerEncoder,
  type EncodedPair,
} from '../../reward/model/encoded-pair.js';
import { REWARD_CLIP } from '../../reward/model/reward-normalizer.js';
import { rewardModelHash } from '../../reward/model/reward-model-hash.js';
import { splitByPrompt, type Split } from '../../reward/model/split-by-prompt.js';
import { trainRewardModel, type RewardModelEvaluation } from '../../reward/model/train-reward-model.js';
import { createTrainerRewardModel } from '../../reward/model/trainer-reward-model.js';
import { shuffleLabels } from '../../reward/preference/shuffle-labels.js';
import { calibrateReward, type RewardModelScorer } from '../../reward/scorer/reward-model-scorer.js';
import { createAnswerScorer } from '../../reward/judge/answer-scorer.js';
import { createVetoGate } from '../../reward/scorer/veto-gate.js';
import type { SupervisedCheckpoint } from './supervised-checkpoint.js';
import type { RewardStore, StoredReward } from './reward-store.js';
import type { JudgedPairs } from './judged-pairs.js';
import type { ProgressListener } from './progress.js';

/** Whether reward models learn the panel's labels, or the same labels shuffled over the pairs. */
export type Labels = 'judged' | 'shuffled';

export interface RewardPlaneInputs {
  readonly config: RunConfig;
  readonly profile: LocaleProfile;
  readonly checkpoint: SupervisedCheckpoint;
  readonly trainer: Trainer;
  readonly call: TrainerCall;
  readonly scorer: RewardModelScorer;
  readonly encode: AnswerEncoder;
  /** The SFT checkpoint's answers that rewards are centred and scaled by. */
  readonly references: readonly ScoreItem[];
  /** Judges the run's pairs under a rubric; asked once per rubric. */
  readonly judge: (rubric: Rubric) => Promise<JudgedPairs>;
  readonly rubrics: readonly Rubric[];
  /** One that was swapped in from outside, by hash. */
  readonly findRubric: (hash: string) => Promise<Rubric>;
  readonly store: RewardStore;
  readonly onProgress: ProgressListener;
}

/** A rubric's trained reward and how good it is on pairs that it did not learn from. */
export interface TrainedReward {
  readonly source: RewardSource;
  readonly preferences: readonly Preference[];
  readonly evaluation: RewardModelEvaluation;
}

const HELD_OUT_SHARE = 0.2;

/**
 * Rubrics to rewards, in one process. A rubric's judgements and its reward model are made once, whoever asks first;
 * arms that share rubric and labels share the model.
 */
export class RewardPlane {
  private readonly judged = new Map<string, Promise<JudgedPairs>>();
  private readonly trained = new Map<string, Promise<TrainedReward>>();

  constructor(private readonly inputs: RewardPlaneInputs) {}

  /** What a coordinator activates rewards from; `record` gets what each activated reward model learned from. */
  sources(
    labels: Labels,
    record: (preferences: readonly Preference[]) => Promise<void> = async () => undefined,
  ): RewardSources {
    return {
      activate: async (rubricHash) => {
        const { source, preferences } = await this.reward(rubricHash, labels);
        await record(preferences);
        return source;
      },
    };
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
    return this.split(preferences, this.rng(rubric, 'judged')).training;
  }

  judgements(rubricHash: string): Promise<JudgedPairs> {
    return once(this.judged, rubricHash, async () => this.inputs.judge(await this.rubric(rubricHash)));
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
  private async train(rubric: Rubric, labels: Labels): Promise<TrainedReward> {
    const { checkpoint, store } = this.inputs;
    const name = `${rubric.id}-${rubric.hash.slice(0, 12)}-${labels}`;
    const stored = await store.load(name, checkpoint.policy.location);
    if (stored !== undefined) return this.load(rubric, stored);
    const made = await this.make(rubric, labels);
    await store.save(name, made);
    return this.load(rubric, made);
  }

  private load(rubric: Rubric, stored: StoredReward): TrainedReward {
    const { profile, scorer, encode } = this.inputs;
    const { rewardModelHash, model, normalizer, preferences, evaluation } = stored;
    const hashes = { rubricHash: rubric.hash, rewardModelHash };
    const gate = createVetoGate(createAnswerScorer(rubric, profile));
    const served = createTrainerRewardModel({
      hash: rewardModelHash,
      rubricHash: rubric.hash,
      model,
      encode,
    });
    scorer.load({ model: served, normalizer, gate });
    const source = { ...hashes, rubricId: rubric.id, floor: rubric.floor * REWARD_CLIP };
    return { source, preferences, evaluation };
  }

  private async make(rubric: Rubric, labels: Labels): Promise<StoredReward> {
    const { config, checkpoint, trainer, call, encode, references } = this.inputs;
    const { aggregate, scoreAnswer } = await this.judgements(rubric.hash);
    const rng = this.rng(rubric, labels);
    const given = aggregate.preferences;
    const preferences = labels === 'judged' ? given : shuffleLabels(given, rng.fork('placebo'));
    const pairs = this.split(preferences, rng);
    const stage = `reward model ${rubric.id}${labels === 'judged' ? '' : ' (placebo)'}`;
    const { model, evaluation } = await trainRewardModel({
      trainer,
      call,
      base: checkpoint.policy.location,
      pairs,
      settings: config.rewardModel,
      rng: rng.fork('training'),
      onStep: (done, loss) => {
        const note = `loss ${loss.toFixed(3)}`;
        this.inputs.onProgress({ stage, done, all: config.rewardModel.steps, unit: 'steps', note });
      },
    });
    const hash = rewardModelHash({
      preferencesHash: preferencesHash(preferences),
      rubricHash: rubric.hash,
      seed: config.seed,
      baseHash: checkpoint.policy.hash,
      settings: config.rewardModel,
    });
    const gate = createVetoGate(scoreAnswer);
    const uncalibrated = createTrainerRewardModel({ hash, rubricHash: rubric.hash, model, encode });
    const normalizer = await calibrateReward({ model: uncalibrated, gate }, references);
    return { rewardModelHash: hash, model, normalizer, evaluation, preferences };
  }

  private rng({ id }: Rubric, labels: Labels): Rng {
    return createRng(this.inputs.config.seed).fork(`reward/${id}/${labels}`);
  }

  private split(preferences: readonly Preference[], rng: Rng): Split<EncodedPair> {
    return splitByPrompt(
      encodePreferences(preferences, this.inputs.encode),
      HELD_OUT_SHARE,
      rng.fork('split'),
    );
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
