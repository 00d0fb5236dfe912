import type { Answer } from './answer.js';

/**
 * What the paid answers of a batch were paid: TRL's names and definitions, the deviations unbiased and over the whole
 * batch. Empty where no answer was paid; deviations are absent where only one was.
 */
export function scoreMetrics(
  answers: readonly Answer[],
  nonScore: number,
  rubricId: string,
): Record<string, number> {
  const paid = answers.map(({ score }) => score).filter((score) => score !== undefined);
  if (paid.length === 0) return {};
  const mean = meanOf(paid);
  const deviation = deviationOf(paid);
  const alike = shareOfGroupsAlike(answers);
  return {
    'objective/scores': mean,
    'objective/rlhf_reward': nonScore + mean,
    [`rewards/${rubricId}/mean`]: mean,
    ...(deviation === undefined ? {} : { [`rewards/${rubricId}/std`]: deviation, reward_std: deviation }),
    ...(alike === undefined ? {} : { frac_reward_zero_std: alike }),
  };
}

/** Of the groups with two scores or more, those whose scores are all the same; undefined where there is no such group. */
function shareOfGroupsAlike(answers: readonly Answer[]): number | undefined {
  const groups = new Map<number, number[]>();
  for (const { group, score } of answers) {
    if (score !== undefined) groups.set(group, [...(groups.get(group) ?? []), score]);
  }
  const compared = [...groups.values()].filter((scores) => scores.length >= 2);
  if (compared.length === 0) return undefined;
  return compared.filter((scores) => scores.every((score) => score === scores[0])).length / compared.length;
}

function deviationOf(numbers: readonly number[]): number | undefined {
  if (numbers.length < 2) return undefined;
  const mean = meanOf(numbers);
  const squares = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0);
  return Math.sqrt(squares / (numbers.length - 1));
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
