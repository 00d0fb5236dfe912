import type { TokenizedPrompt } from '../../core/domain/prompt.js';
import type { RolloutTask, Trajectory, TrajectoryGroup } from '../../core/domain/trajectory.js';

/** A tokenized prompt; override what the test is about. */
export function aPrompt(id = 'p0', tokenIds: readonly number[] = [1, 2]): TokenizedPrompt {
  return {
    prompt: { id, locale: 'ar', text: `prompt ${id}` },
    tokenIds,
    tokenizerHash: 'tokenizer',
    truncated: false,
  };
}

/** A rollout task of one prompt group. */
export function aTask(overrides: Partial<RolloutTask> = {}): RolloutTask {
  return {
    id: 'task-0',
    run: 'run',
    iteration: 0,
    prompt: aPrompt(),
    groupSize: 2,
    policyVersion: 0,
    policyHash: 'policy-0',
    rubricHash: 'rubric-a',
    rewardModelHash: 'reward-model-a',
    seed: 7,
    sampling: { maxNewTokens: 4, temperature: 1, stopTokenIds: [0] },
    ...overrides,
  };
}

/** One answer; log-probs are −1 unless told. */
export function aTrajectory(overrides: Partial<Trajectory> = {}): Trajectory {
  const tokenIds = overrides.tokenIds ?? [3, 0];
  return {
    index: 0,
    tokenIds,
    logProbs: tokenIds.map(() => -1),
    finish: 'stop',
    text: 'answer',
    ...overrides,
  };
}

/** A group that answers `task` with the given answers. */
export function aResult(task: RolloutTask, trajectories?: readonly Trajectory[]): TrajectoryGroup {
  const answers =
    trajectories ?? Array.from({ length: task.groupSize }, (_, index) => aTrajectory({ index }));
  return {
    taskId: task.id,
    policyHash: task.policyHash,
    engineFingerprint: 'fake/1',
    trajectories: answers,
  };
}
