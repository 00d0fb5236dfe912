import type { RolloutTask, Trajectory, TrajectoryGroup } from '../../core/domain/trajectory.js';
import type { Refusal } from './refusal.js';

/**
 * Why a result may not be consumed, or undefined where it may. A result counts because it answers the task that was
 * asked, with the policy that was pinned, on an engine that computes equal bits; not because of who sent it or when.
 */
export function refusalOf(
  result: TrajectoryGroup,
  task: RolloutTask,
  engineFingerprint: string,
): Refusal | undefined {
  if (result.policyHash !== task.policyHash) {
    const message = `it was sampled from policy ${result.policyHash}, the task pins ${task.policyHash}`;
    return { reason: 'other_policy', message };
  }
  if (result.engineFingerprint !== engineFingerprint) {
    const message = `its engine is ${result.engineFingerprint}, the run's is ${engineFingerprint}`;
    return { reason: 'other_engine', message };
  }
  if (result.trajectories.length !== task.groupSize) {
    const message = `it holds ${result.trajectories.length} answers of ${task.groupSize}`;
    return { reason: 'wrong_shape', message };
  }
  for (const [place, trajectory] of result.trajectories.entries()) {
    const refusal = trajectoryRefusal(trajectory, task.sampling.maxNewTokens);
    if (refusal !== undefined) return { ...refusal, message: `answer ${place} ${refusal.message}` };
  }
  return undefined;
}

function trajectoryRefusal({ tokenIds, logProbs }: Trajectory, maxNewTokens: number): Refusal | undefined {
  if (tokenIds.length === 0 || tokenIds.length > maxNewTokens) {
    const message = `has ${tokenIds.length} tokens, allowed are 1 to ${maxNewTokens}`;
    return { reason: 'wrong_shape', message };
  }
  if (logProbs.every((logProb) => logProb <= 0)) return undefined;
  return { reason: 'impossible', message: 'has a log-probability above 0' };
}
