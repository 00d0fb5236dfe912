import type { RolloutTask, SamplingSettings } from '../../core/domain/trajectory.js';
import type { Rng } from '../../core/math/rng.js';
import { contentHash } from '../../core/runtime/content-hash.js';
import type { ScheduledPrompt } from '../prompts/prompt-schedule.js';
import type { IterationPlan } from './rollout-batch.js';

export interface RolloutTaskOptions {
  readonly run: string;
  readonly groupSize: number;
  readonly sampling: SamplingSettings;
  /** The run's stream for rollouts; a task's seed is its child by iteration, prompt and group. */
  readonly rng: Rng;
}

/** The iteration's fixed set of tasks, in the schedule's order. */
export function rolloutTasks(
  plan: IterationPlan,
  prompts: readonly ScheduledPrompt[],
  options: RolloutTaskOptions,
): RolloutTask[] {
  const seeds = options.rng.fork(plan.iteration);
  return prompts.map((scheduled) => rolloutTask(plan, scheduled, { ...options, seeds }));
}

function rolloutTask(
  plan: IterationPlan,
  { prompt, group }: ScheduledPrompt,
  { run, groupSize, sampling, seeds }: RolloutTaskOptions & { readonly seeds: Rng },
): RolloutTask {
  return {
    id: contentHash({ run, iteration: plan.iteration, prompt: prompt.prompt.id, group }),
    run,
    iteration: plan.iteration,
    prompt,
    groupSize,
    policyVersion: plan.policy.version,
    policyHash: plan.policy.hash,
    rubricHash: plan.reward.rubricHash,
    rewardModelHash: plan.reward.rewardModelHash,
    seed: seeds.fork(prompt.prompt.id).fork(group).uint32(),
    sampling,
  };
}
