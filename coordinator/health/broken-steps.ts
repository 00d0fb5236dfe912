import { listed } from '../../core/trainer/require-finite-loss.js';
import type { RolloutGroup } from '../dispatch/rollout-batch.js';
import type { PackedBatch } from '../evaluate/pack-batch.js';
import type { RunAlarm } from '../run-observer.js';
import type { StepTaken } from '../update/train-model.js';
import type { Update } from '../update/take-steps.js';

/** Which batches of an iteration led to a loss that is no number: the first of each model, by the prompts that were answered. */
export function brokenSteps(
  iteration: number,
  { policySteps, criticSteps }: Pick<Update, 'policySteps' | 'criticSteps'>,
  { sequences }: Pick<PackedBatch, 'sequences'>,
  groups: readonly RolloutGroup[],
): RunAlarm[] {
  const alarmOf = (model: string, steps: readonly StepTaken[]): RunAlarm[] => {
    const at = steps.findIndex(({ loss }) => !Number.isFinite(loss));
    if (at < 0) return [];
    const { minibatch, loss } = steps[at];
    const prompts = minibatch.sequences.map((one) => groups[sequences[one].group].task.prompt.prompt.id);
    const message = `iteration ${iteration}: the loss of ${model} step ${at + 1} is ${loss}, on answers to prompts ${listed([...new Set(prompts)])}`;
    return [{ kind: 'loss_not_finite', message }];
  };
  return [...alarmOf('policy', policySteps), ...alarmOf('critic', criticSteps)];
}
