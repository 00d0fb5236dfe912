import { requireCapable } from '../../core/trainer/require-capable.js';
import type { LossName, Role, TrainerCapabilities } from '../../core/trainer/trainer.js';
import { BASELINE_ARMS, type ArmName, type BaselineName } from '../../workers/evaluation/arm-figures.js';

/** What `majlis run --algorithm` can name; `ppo` stands for the estimator that the run file chooses. */
export const ALGORITHMS = ['ppo', ...BASELINE_ARMS] as const;
export type AlgorithmName = (typeof ALGORITHMS)[number];

/** The arms of a single run by these algorithms, each once, in the report's order. */
export function armsOfAlgorithms(algorithms: readonly AlgorithmName[]): ArmName[] {
  return ALGORITHMS.filter((name) => algorithms.includes(name)).map((name) =>
    name === 'ppo' ? 'rubricA' : name,
  );
}

export function isBaseline(arm: ArmName): arm is BaselineName {
  return (BASELINE_ARMS as readonly ArmName[]).includes(arm);
}

const NEEDED: Readonly<
  Record<BaselineName, { readonly roles: readonly Role[]; readonly losses: readonly LossName[] }>
> = {
  'sft-chosen': { roles: ['policy'], losses: ['cross_entropy'] },
  dpo: { roles: ['policy', 'reference'], losses: ['dpo'] },
};

/** Refuses baselines that this trainer cannot train, before anything is written or asked. */
export function requireBaselines(capabilities: TrainerCapabilities, arms: readonly ArmName[]): void {
  for (const arm of arms.filter(isBaseline)) {
    requireCapable(capabilities, { who: arm, ...NEEDED[arm] });
  }
}
