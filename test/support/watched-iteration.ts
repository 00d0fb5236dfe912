import type { Reward } from '../../core/domain/reward.js';
import type { Outcome } from '../../core/domain/verdict.js';
import type { WatchedIteration } from '../../coordinator/watch/watched-iteration.js';
import { SKETCH_REWARD } from './batch-builder.js';
import { aPrompt, aResult, aTask, aTrajectory } from './builders.js';
import { scored } from './fake-scorer.js';

/** An answer as the watch sees it. */
export interface PaidAnswer {
  readonly tokens: number;
  readonly text?: string;
  /** A number is a scored outcome. */
  readonly outcome: number | Outcome<Reward>;
}

/** An iteration of these answers, by prompt group. */
export function watchedIteration(
  groups: readonly (readonly PaidAnswer[])[],
  iteration = 0,
): WatchedIteration {
  const policy = { version: iteration, hash: `policy-${iteration}`, location: `policies/${iteration}` };
  const made = groups.map((answers, group) => {
    const task = aTask({ id: `task-${group}`, prompt: aPrompt(`p${group}`), groupSize: answers.length });
    const trajectories = answers.map(({ tokens, text }, index) =>
      aTrajectory({ index, tokenIds: Array.from({ length: tokens }, () => 3), text: text ?? 'answer' }),
    );
    return { task, result: aResult(task, trajectories) };
  });
  const rewards = groups.flatMap((answers, group) =>
    answers.map(({ outcome }, index) => ({
      taskId: `task-${group}`,
      index,
      rubricHash: SKETCH_REWARD.rubricHash,
      rewardModelHash: SKETCH_REWARD.rewardModelHash,
      outcome: typeof outcome === 'number' ? scored(outcome) : outcome,
    })),
  );
  return { batch: { plan: { iteration, policy, reward: SKETCH_REWARD }, groups: made }, rewards };
}
