import { MajlisError } from '../../core/errors.js';
import { createRng } from '../../core/math/rng.js';
import type { LossName, Role, Trainer, TrainerCapabilities } from '../../core/trainer/trainer.js';
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
  requireCapable(await trainer.capabilities(), algorithm);
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

function requireCapable(capabilities: TrainerCapabilities, algorithm: AlgorithmOptions): void {
  const roles: readonly Role[] = needsCritic(algorithm)
    ? ['policy', 'reference', 'critic']
    : ['policy', 'reference'];
  const losses: readonly LossName[] = needsCritic(algorithm) ? ['ppo', 'value'] : ['ppo'];
  const missing = [
    ...roles.filter((role) => !capabilities.roles.includes(role)).map((role) => `role ${role}`),
    ...losses.filter((loss) => !capabilities.losses.includes(loss)).map((loss) => `loss ${loss}`),
  ];
  if (missing.length === 0) return;
  throw new MajlisError(
    `${algorithm.estimator} needs what the trainer ${capabilities.engine} does not have: ${missing.join(', ')}`,
    { code: 'failed_precondition' },
  );
}
