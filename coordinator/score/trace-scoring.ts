import type { RewardedTrajectory } from '../../core/domain/reward.js';
import { SPAN_ATTRIBUTES } from '../../core/telemetry/tracing/span-attributes.js';
import { taskTrace } from '../../core/telemetry/tracing/task-trace.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import type { RolloutGroup } from '../dispatch/rollout-batch.js';
import type { RewardSource } from './reward-source.js';

/** More links say nothing that the tasks' own traces do not. */
const MOST_LINKS = 64;

/**
 * The scoring of groups as a span, in the trace of its task where there is one group, and else in a trace of its own, since the
 * request serves many tasks; and in each task's trace the mark that its answers are rewarded, which ends it.
 */
export async function traceScoring(
  tracer: Tracer,
  { rubricHash, rewardModelHash }: RewardSource,
  groups: readonly RolloutGroup[],
  work: () => Promise<readonly RewardedTrajectory[]>,
): Promise<readonly RewardedTrajectory[]> {
  const paidBy = {
    [SPAN_ATTRIBUTES.rubricHash]: rubricHash,
    [SPAN_ATTRIBUTES.rewardModelHash]: rewardModelHash,
  };
  const traces = groups.slice(0, MOST_LINKS).map(({ task }) => taskTrace(task.id));
  const causes = groups.length === 1 ? { parent: traces[0] } : { links: traces };
  return tracer.span('score answers', { kind: 'client', ...causes, attributes: paidBy }, async () => {
    const rewards = await work();
    const links = [tracer.inject()];
    const scored = scoredByTask(rewards);
    for (const { task, result } of groups) {
      const attributes = {
        ...paidBy,
        [SPAN_ATTRIBUTES.task]: task.id,
        [SPAN_ATTRIBUTES.answers]: result.trajectories.length,
        [SPAN_ATTRIBUTES.scored]: scored.get(task.id) ?? 0,
      };
      tracer.mark('reward', { parent: taskTrace(task.id), links, attributes });
    }
    return rewards;
  });
}

function scoredByTask(rewards: readonly RewardedTrajectory[]): ReadonlyMap<string, number> {
  const scored = new Map<string, number>();
  for (const { taskId, outcome } of rewards) {
    if (outcome.kind === 'scored') scored.set(taskId, (scored.get(taskId) ?? 0) + 1);
  }
  return scored;
}
