import { byGroup } from '../../core/domain/prompt-groups.js';
import { MajlisError } from '../../core/errors.js';
import { paidScore } from '../advantage/paid-score.js';
import type { WatchedIteration, WatchFigures } from './watched-iteration.js';

/** What each group's answers were paid, and how many were: for the groups that this iteration's prompts tell apart. */
export function fairnessFigures({ batch, rewards }: WatchedIteration): WatchFigures {
  const { floor } = batch.plan.reward;
  let place = 0;
  const paid = batch.groups.flatMap(({ task, result }) =>
    result.trajectories.flatMap(() => {
      const reward = rewards.at(place++);
      if (reward === undefined) throw new MajlisError('an answer has no outcome', { code: 'data_loss' });
      const score = paidScore(reward.outcome, { floor });
      return score === undefined ? [] : [{ prompt: task.prompt.prompt, score }];
    }),
  );
  return Object.fromEntries(
    [...byGroup(paid)].flatMap(([group, rows]) => [
      [`fairness/${group}/mean`, rows.reduce((sum, { score }) => sum + score, 0) / rows.length],
      [`fairness/${group}/answers`, rows.length],
    ]),
  );
}
