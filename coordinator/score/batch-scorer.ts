import type { RewardedTrajectory } from '../../core/domain/reward.js';
import { MajlisError } from '../../core/errors.js';
import type { Scorer } from '../../core/scorer/scorer.js';
import type { RolloutBatch, RolloutGroup } from '../dispatch/rollout-batch.js';

/** Asks the reward plane about a batch: one reward, or the typed reason for none, per answer, in the batch's order. */
export class BatchScorer {
  constructor(private readonly scorer: Scorer) {}

  async score(rollouts: RolloutBatch, signal: AbortSignal): Promise<readonly RewardedTrajectory[]> {
    const { rubricHash, rewardModelHash } = rollouts.plan.reward;
    const request = { rubricHash, rewardModelHash, items: rollouts.groups.map(scoreItem) };
    const outcomes = await this.scorer.score(request, signal);
    return rollouts.groups.flatMap(({ task, result }, at) => {
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
}

function scoreItem({ task, result }: RolloutGroup): Parameters<Scorer['score']>[0]['items'][number] {
  return {
    prompt: task.prompt.prompt,
    promptTokenIds: task.prompt.tokenIds,
    answers: result.trajectories.map(({ tokenIds, text }) => ({ tokenIds, text })),
  };
}
