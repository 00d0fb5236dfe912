import type { Prompt } from '../../core/domain/prompt.js';
import { MajlisError } from '../../core/errors.js';
import { paidScore } from '../advantage/paid-score.js';
import type { WatchedIteration, WatchFigures } from './watched-iteration.js';

/**
 * The groups that a prompt is of, as metrics name them: its locale, and its category within it. What is not told apart
 * has no name.
 */
export function groupsOf({ locale, category }: Prompt): readonly string[] {
  return category === undefined ? [locale] : [locale, `${locale}/${category}`];
}

/**
 * Splits rows by the groups of their prompts. Only what there is to compare is told apart: locales where there are two,
 * categories where a locale has two.
 */
export function byGroup<Row extends { readonly prompt: Prompt }>(
  rows: readonly Row[],
): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    for (const group of groupsOf(row.prompt)) groups.set(group, [...(groups.get(group) ?? []), row]);
  }
  const siblings = (group: string): number =>
    new Set(
      rows.flatMap(({ prompt }) => {
        const [locale, category] = groupsOf(prompt);
        if (!group.includes('/')) return [locale];
        return category === undefined || !group.startsWith(`${locale}/`) ? [] : [category];
      }),
    ).size;
  return new Map([...groups].filter(([group]) => siblings(group) > 1).sort(([a], [b]) => (a < b ? -1 : 1)));
}

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
