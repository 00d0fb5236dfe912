import type { RunConfig } from '../../core/config/run-config.js';
import { isOwnModel } from '../../core/config/model-options.js';
import type { Engine } from '../../core/engine/engine.js';
import { MajlisError } from '../../core/errors.js';
import { requireCapable } from '../../core/trainer/require-capable.js';
import type { TrainerCapabilities } from '../../core/trainer/trainer.js';
import type { ArmName } from '../../workers/evaluation/arm-figures.js';
import { requireBaselines } from './algorithms.js';

/** Refuses a run that its trainer cannot train or its engine cannot answer, before anything is written or asked. */
export function requireRunnable(
  config: RunConfig,
  arms: readonly ArmName[],
  { trainer, engine }: { readonly trainer: TrainerCapabilities; readonly engine: Engine },
): void {
  const { model, supervised, rewardModel } = config;
  const { contextLength } = model;
  requireBaselines(trainer, arms);
  const lora = !isOwnModel(model) && model.lora !== undefined;
  requireCapable(trainer, { who: 'the run’s model', roles: ['policy'], losses: [], contextLength, lora });
  if (supervised.steps > 0) {
    const who = 'supervised fine-tuning (supervised.steps)';
    requireCapable(trainer, { who, roles: ['policy'], losses: ['cross_entropy'] });
  }
  if (rewardModel.form !== 'light') {
    const who = 'a reward model that is a network (rewardModel.form: light needs none)';
    requireCapable(trainer, { who, roles: ['reward'], losses: ['bradley_terry'] });
  }
  // The embedded engine has a policy's own context, and no policy yet.
  if (config.engine === undefined || contextLength <= engine.contextLength) return;
  const message = `model.contextLength is ${contextLength} and the engine has ${engine.contextLength}: write a smaller one, or start the engine with a larger`;
  throw new MajlisError(message, { code: 'failed_precondition' });
}
