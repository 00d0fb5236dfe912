import type { RolloutTask, Trajectory, TrajectoryGroup } from '../../core/domain/trajectory.js';

/**
 * Why a result may not be consumed, or undefined where it may. A result counts because it answers the task that was
 * asked, with the policy that was pinned, on an engine that computes equal bits; not because of who sent it or when.
 */
export function refusalOf(
  result: TrajectoryGroup,
  task: RolloutTask,
  engineFingerprint: string,
): string | undefined {
  if (result.policyHash !== task.policyHash) {
    return `it was sampled from policy ${result.policyHash}, the task pins ${task.policyHash}`;
  }
  if (result.engineFingerprint !== engineFingerprint) {
    return `its engine is ${result.engineFingerprint}, the run's is ${engineFingerprint}`;
  }
  if (result.trajectories.length !== task.groupSize) {
    return `it holds ${result.trajectories.length} answers of ${task.groupSize}`;
  }
  for (const [place, trajectory] of result.trajectories.entries()) {
    const refusal = trajectoryRefusal(trajectory, task.sampling.maxNewTokens);
    if (refusal !== undefined) return `answer ${place} ${refusal}`;
  }
  return undefined;
}

function trajectoryRefusal({ tokenIds, logProbs }: Trajectory, maxNewTokens: number): string | undefined {
  if (tokenIds.length === 0 || tokenIds.length > maxNewTokens) {
    return `has ${tokenIds.length} tokens, allowed are 1 to ${maxNewTokens}`;
  }
  return logProbs.every((logProb) => logProb <= 0) ? undefined : 'has a log-probability above 0';
}
