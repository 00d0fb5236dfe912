/**
 * A policy can be paid better on the whole while those who ask about one thing, or in one language, get worse answers. The
 * mean over all answers does not show it.
 *
 * - A group's mean is taken over all its answers of a row of iterations, since one iteration may have few of them.
 * - Iterations are counted together under one reward only: another reward model has another scale.
 */
import type { FinishedIteration } from './health-history.js';
import type { HealthCheck } from './health-check.js';
import { figure, goBack, lastIterations } from './pause-reason.js';

/** Answers below which a group's mean is noise: with a deviation of about 1, its standard error is a quarter. */
const LEAST_ANSWERS = 16;

const MEAN = /^fairness\/(?<group>.+)\/mean$/;

/** Stops when a group was paid less than the floor on average over this many iterations; the worst group is told. */
export function subgroupFloor(run: string, floor: number, count: number): HealthCheck {
  return ({ recent }) => {
    const last = recent.at(-1);
    const row = recent.slice(-count);
    const isOneReward = row.every(({ rewardModelHash }) => rewardModelHash === last?.rewardModelHash);
    if (last === undefined || row.length < count || !isOneReward) return undefined;
    const [worst] = groupsIn(row)
      .map((group) => ({ group, ...pooled(group, row) }))
      .filter(({ mean, answers }) => answers >= LEAST_ANSWERS && mean < floor)
      .sort((a, b) => a.mean - b.mean);
    if (worst === undefined) return undefined;
    const { group, mean, answers } = worst;
    return {
      kind: 'subgroup_below_floor',
      sentence: `Iteration ${last.iteration}: fairness/${group}/mean was ${figure(mean)} over ${answers} answers ${lastIterations(count)}; allowed: at least ${figure(floor)} (health.subgroupFloor).`,
      nextStep: `${goBack(run, `\`majlis rollback ${run} --policy V\``)}; if it comes again, look at that group's answers and judges, and start a run with more of its prompts or a rubric that does not tell against it.`,
    };
  };
}

function groupsIn(row: readonly FinishedIteration[]): string[] {
  const names = row.flatMap(({ metrics }) => Object.keys(metrics));
  return [...new Set(names.flatMap((name) => MEAN.exec(name)?.groups?.['group'] ?? []))].sort();
}

function pooled(
  group: string,
  row: readonly FinishedIteration[],
): { readonly mean: number; readonly answers: number } {
  let [sum, answers] = [0, 0];
  for (const { metrics } of row) {
    const figures: Readonly<Record<string, number | undefined>> = metrics;
    const mean = figures[`fairness/${group}/mean`];
    const count = figures[`fairness/${group}/answers`];
    if (mean === undefined || count === undefined) continue;
    sum += mean * count;
    answers += count;
  }
  return { mean: sum / answers, answers };
}
