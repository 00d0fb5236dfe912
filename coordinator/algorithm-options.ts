import { BadInputError } from '../core/errors.js';
import type { GroupAdvantageKind } from '../core/math/group-advantage.js';
import type { KlKind } from '../core/math/kl.js';
import type { AggregationMode } from '../core/math/loss-aggregation.js';
import type { PpoLossConfig } from '../core/trainer/trainer.js';

/** The KL penalty towards the frozen reference. */
export interface KlOptions {
  /** In the token rewards (PPO's usual place), or as a loss term (GRPO's). */
  readonly placement: 'reward' | 'loss';
  readonly kind: KlKind;
  /** β₀. */
  readonly initial: number;
  /** Nats per sequence that the adaptive controller steers to; absent keeps β fixed. */
  readonly target?: number | undefined;
  /** Horizon of the adaptive controller in samples. Needed with `target`. */
  readonly horizon?: number | undefined;
}

/** All of the algorithm that a run can choose. The trainer sees none of it but losses and step sizes. */
export interface AlgorithmOptions {
  /** PPO's GAE with a critic, or a baseline from the prompt group or the batch without one. */
  readonly estimator: 'ppo' | GroupAdvantageKind;
  readonly iterations: number;
  readonly promptsPerIteration: number;
  /** Answers per prompt. */
  readonly groupSize: number;
  /** Passes over the batch per iteration. */
  readonly epochs: number;
  /** Optimizer steps per epoch. */
  readonly minibatches: number;
  /** Sequences per ForwardBackward call; changes memory, never a gradient. */
  readonly sequencesPerMicroBatch: number;
  readonly policyLearningRate: number;
  readonly criticLearningRate: number;
  readonly adamBetas: readonly [number, number];
  readonly adamEps: number;
  readonly weightDecay: number;
  /** Global gradient norm per model. */
  readonly gradientClip: number;
  readonly gamma: number;
  readonly lambda: number;
  readonly epsLow: number;
  readonly epsHigh: number;
  /** Lower bound c of the dual clip; absent switches it off. */
  readonly dualClip?: number | undefined;
  readonly ratio: PpoLossConfig['ratio'];
  readonly entropyCoef: number;
  readonly valueClip?: number | undefined;
  /** How token losses of a minibatch become one number. */
  readonly aggregation: AggregationMode;
  readonly whitenAdvantages: boolean;
  /** Scores are clipped to ± this before the penalty joins them; absent leaves them. */
  readonly rewardClip?: number | undefined;
  /** Subtracted from the score of an answer that reached `maxNewTokens` without a stop token. */
  readonly missingEosPenalty: number;
  /** Groups with fewer scored answers give no gradient (group estimators). */
  readonly minimumScoredPerGroup: number;
  /** C of truncated importance sampling, min(π_old / π_behaviour, C); absent switches it off. */
  readonly importanceCap?: number | undefined;
  /** Iterations at the start in which only the critic learns. */
  readonly criticWarmupIterations: number;
  /** Critic-only iterations after a rubric swap, before the policy moves again. */
  readonly criticOnlyAfterSwap: number;
  /** Stops an iteration's epochs once the policy's mean approximate KL of one epoch passes it. */
  readonly targetKl?: number | undefined;
  /** An alarm is raised where a larger share of answers has no score. */
  readonly excludedShareAlarm: number;
  readonly kl: KlOptions;
}

/**
 * Defaults. γ, λ, ε, value clip, whitening and k1 in the reward are what TRL's PPO trainer used; learning rates and
 * β₀ suit the embedded model of about a million parameters (its prototype stayed within 6 nats with β₀ = 0.2);
 * a pretrained model of billions wants rates near 1e-6.
 */
export const DEFAULT_ALGORITHM: AlgorithmOptions = {
  estimator: 'ppo',
  iterations: 40,
  promptsPerIteration: 16,
  groupSize: 8,
  epochs: 2,
  minibatches: 2,
  sequencesPerMicroBatch: 64,
  policyLearningRate: 5e-4,
  criticLearningRate: 1e-3,
  adamBetas: [0.9, 0.999],
  adamEps: 1e-8,
  weightDecay: 0,
  gradientClip: 1,
  gamma: 1,
  lambda: 0.95,
  epsLow: 0.2,
  epsHigh: 0.2,
  ratio: 'token',
  entropyCoef: 0,
  valueClip: 0.2,
  aggregation: 'token_mean',
  whitenAdvantages: true,
  rewardClip: 10,
  missingEosPenalty: 0,
  minimumScoredPerGroup: 2,
  importanceCap: 2,
  criticWarmupIterations: 2,
  criticOnlyAfterSwap: 1,
  excludedShareAlarm: 0.25,
  kl: { placement: 'reward', kind: 'k1', initial: 0.2 },
};

/** What a caller may leave out. */
export type AlgorithmChoice = Partial<Omit<AlgorithmOptions, 'kl'>> & { readonly kl?: Partial<KlOptions> };

/** Fills in the defaults and refuses combinations that mean nothing. */
export function compileAlgorithm(choice: AlgorithmChoice): AlgorithmOptions {
  const options = { ...DEFAULT_ALGORITHM, ...choice, kl: { ...DEFAULT_ALGORITHM.kl, ...choice.kl } };
  const { kl, minibatches, promptsPerIteration, groupSize } = options;
  if ((kl.target === undefined) !== (kl.horizon === undefined)) {
    throw refused('kl', 'only one of target and horizon', 'both (adaptive β) or neither (fixed β)');
  }
  if (kl.placement === 'loss' && kl.kind === 'k1') {
    throw refused('kl.kind', 'k1 as a loss', 'k2 or k3, since the gradient of k1 is zero in expectation');
  }
  if (minibatches > promptsPerIteration * groupSize) {
    throw refused('minibatches', String(minibatches), `at most ${promptsPerIteration * groupSize} answers`);
  }
  if (groupSize < 2 && COMPARES_GROUPS.includes(options.estimator)) {
    const allowed = `2 or more: ${options.estimator} learns from how the answers to one prompt differ`;
    throw refused('groupSize', String(groupSize), allowed);
  }
  return options;
}

/** With one answer a prompt, each of them would be compared with itself, and nothing learned. */
const COMPARES_GROUPS: readonly AlgorithmOptions['estimator'][] = [
  'grpo',
  'dr_grpo',
  'rloo',
  'reinforce_plus_plus_baseline',
];

/** True where the estimator learns a value function. */
export function needsCritic(options: AlgorithmOptions): boolean {
  return options.estimator === 'ppo';
}

function refused(place: string, found: string, allowed: string): BadInputError {
  return new BadInputError({ source: 'algorithm', place, found, allowed });
}
