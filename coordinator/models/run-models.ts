import { createRng } from '../../core/math/rng.js';
import { requireCapable } from '../../core/trainer/require-capable.js';
import type { TrainerNeeds } from '../../core/trainer/require-capable.js';
import type { Trainer, TrainerCapabilities } from '../../core/trainer/trainer.js';
import { needsCritic } from '../algorithm-options.js';
import type { AlgorithmOptions } from '../algorithm-options.js';
import { TrainedModel } from './trained-model.js';
import type { TrainerSession } from './trained-model.js';

/** The models of one run. The reference is frozen; the critic is absent where the estimator needs none. */
export interface RunModels {
  readonly policy: TrainedModel;
  readonly reference: TrainedModel;
  readonly critic?: TrainedModel;
}

/**
 * Creates the run's models from one supervised checkpoint, a Hugging Face directory. Refuses, before anything is
 * created, an algorithm that the trainer cannot serve.
 */
export async function createRunModels(
  trainer: Trainer,
  session: TrainerSession,
  spec: { readonly base: string; readonly seed: number; readonly algorithm: AlgorithmOptions },
): Promise<RunModels> {
  const { base, seed, algorithm } = spec;
  requireAlgorithm(await trainer.capabilities(), algorithm);
  const policy = await TrainedModel.create(trainer, session, { role: 'policy', base, heads: 0, seed });
  const reference = await TrainedModel.create(trainer, session, { role: 'reference', base, heads: 0, seed });
  if (!needsCritic(algorithm)) return { policy, reference };
  const critic = await TrainedModel.create(trainer, session, { role: 'critic', base, heads: 1, seed });
  return { policy, reference, critic };
}

/** The seed of new weights, from the run's; what a base gives needs none. */
export function modelSeed(runSeed: number): number {
  return createRng(runSeed).fork('models').uint32();
}

/** Frees the run's models in the trainer. */
export async function deleteRunModels(models: RunModels): Promise<void> {
  await models.policy.delete();
  await models.reference.delete();
  await models.critic?.delete();
}

function requireAlgorithm(capabilities: TrainerCapabilities, algorithm: AlgorithmOptions): void {
  const needs: Pick<TrainerNeeds, 'roles' | 'losses'> = needsCritic(algorithm)
    ? { roles: ['policy', 'reference', 'critic'], losses: ['ppo', 'value'] }
    : { roles: ['policy', 'reference'], losses: ['ppo'] };
  requireCapable(capabilities, { who: algorithm.estimator, ...needs });
}
