import type { Preference } from '../../../core/domain/preference.js';
import type { Rubric } from '../../../core/domain/rubric.js';
import type { Rng } from '../../../core/math/rng.js';
import type { EncodedPair } from '../../../reward/model/encoded-pair.js';
import type { ReferenceAnswer } from '../../../reward/model/light/train-light-model.js';
import type { RewardModel } from '../../../reward/model/reward-model.js';
import type { Split } from '../../../reward/model/split-by-prompt.js';
import type { RewardModelEvaluation } from '../../../reward/model/train-reward-model.js';

/** What one of a run's reward models is trained on. */
export interface FormTraining {
  readonly rubric: Rubric;
  readonly preferences: readonly Preference[];
  /** The same in tokens, split by prompt. */
  readonly pairs: Split<EncodedPair>;
  /** The SFT checkpoint's answers that rewards are centred on, without those that the rubric vetoes. */
  readonly references: readonly ReferenceAnswer[];
  readonly rng: Rng;
  readonly signal: AbortSignal;
  /** `note` says how far it is, such as the loss. */
  readonly onStep: (step: { readonly done: number; readonly all: number; readonly note?: string }) => void;
}

/** What its form says of a stored model. */
export type FormDetails = TrainerFormDetails | { readonly form: 'light' };

/** Of a network in a trainer. What was written before hashes were has none, and nothing to be compared with. */
export interface TrainerFormDetails {
  readonly form?: 'trainer';
  readonly heads: number;
  /** Optimizer steps that the model has had. */
  readonly steps: number;
  /** Of the weights in its folder. */
  readonly sha256?: string;
  /** Of the weights in the directory that it was made from. */
  readonly baseHash?: string;
}

/** A reward model that takes up room until it is freed. */
export interface HeldRewardModel {
  readonly model: RewardModel;
  /** Writes the model to a folder that is not there yet, or holds the same. */
  save(directory: string): Promise<FormDetails>;
  free(): Promise<void>;
}

/** What a model is called by. */
export type RewardNames = Pick<RewardModel, 'hash' | 'rubricHash'>;

/** The form that a run's reward models have: how one is trained, and taken up again from its folder. */
export interface RewardForm {
  /** What a model learns from and what it is measured on, by prompt: on the same prompts when it is retrained. */
  split(preferences: readonly Preference[], rng: Rng): Split<Preference>;
  train(training: FormTraining): Promise<TrainedForm>;
  /** A damaged folder is `data_loss`, and so is a model of the other form: a run has one. */
  restore(directory: string, details: FormDetails, names: RewardNames): Promise<HeldRewardModel>;
}

/** A model as it comes from training. */
export interface TrainedForm {
  readonly held: HeldRewardModel;
  readonly evaluation: RewardModelEvaluation;
}
