import type { RewardedTrajectory } from '../../core/domain/reward.js';
import { MajlisError } from '../../core/errors.js';
import type { ScoreItem, Scorer } from '../../core/scorer/scorer.js';
import type { RolloutGroup } from '../dispatch/rollout-batch.js';
import type { RewardSource } from './reward-source.js';

/** Asks the reward plane about groups in one request. A reply that leaves out an answer is `data_loss`. [answer] */
export async function scoreGroups(
  scorer: Scorer,
  reward: RewardSource,
  groups: readonly RolloutGroup[],
  signal: AbortSignal,
): Promise<readonly RewardedTrajectory[]> {
  const { rubricHash, rewardModelHash } = reward;
  const request = { rubricHash, rewardModelHash, items: groups.map(scoreItem) };
  const outcomes = await scorer.score(request, signal);
  return groups.flatMap(({ task, result }, at) => {
    const answers = outcomes.at(at) ?? [];
    if (answers.length !== result.trajectories.length) {
      throw new MajlisError(
        `the scorer answered ${answers.length} outcomes for the ${result.trajectories.length} answers of ${task.id}`,
        { code: 'data_loss' },
      );
    }
    return answers.map((outcome, index) => ({
      taskId: task.id,
      index,
      rubricHash,
      rewardModelHash,
      outcome,
    }));
  });
}

/** A group as the reward plane is asked about it. */
export function scoreItem({ task, result }: RolloutGroup): ScoreItem {
  return {
    prompt: task.prompt.prompt,
    promptTokenIds: task.prompt.tokenIds,
    answers: result.trajectories.map(({ tokenIds, text }) => ({ tokenIds, text })),
  };
}
