import type { RolloutTask } from '../../core/domain/trajectory.js';
import { contentHash } from '../../core/runtime/content-hash.js';
import type { PromptSchedule } from '../prompts/prompt-schedule.js';
import type { IterationPlan } from './rollout-batch.js';
import type { RolloutTaskOptions } from './rollout-tasks.js';

/**
 * The task of a slot, for the iteration in progress: the slot's place in the prompt schedule, the newest policy. Its seed
 * derives from the run's seed and the slot alone.
 */
export function slotTask(
  slot: number,
  plan: IterationPlan,
  { schedule, tasks }: { readonly schedule: PromptSchedule; readonly tasks: RolloutTaskOptions },
): RolloutTask {
  const { run, groupSize, sampling, rng } = tasks;
  return {
    id: contentHash({ run, slot }),
    run,
    iteration: plan.iteration,
    prompt: schedule.promptAt(slot),
    groupSize,
    policyVersion: plan.policy.version,
    policyHash: plan.policy.hash,
    rubricHash: plan.reward.rubricHash,
    rewardModelHash: plan.reward.rewardModelHash,
    seed: rng.fork('slots').fork(slot).uint32(),
    sampling,
  };
}
