import { paidScore } from '../../coordinator/advantage/paid-score.js';
import { byGroup } from '../../core/domain/prompt-groups.js';
import type { IntervalEstimate } from '../../core/math/interval-estimate.js';
import type { Rng } from '../../core/math/rng.js';
import type { Scorer } from '../../core/scorer/scorer.js';
import type { RubricSet } from '../../reward/rubric/rubric-set.js';
import { ARM_NAMES, type ArmName } from '../../workers/evaluation/arm-figures.js';
import type { GroupLine } from '../../workers/evaluation/report/report-data.js';
import { matchPoints, winRate } from '../../workers/evaluation/win-rate.js';
import {
  measuresUnder,
  type Evaluations,
  type MeasuringInputs,
  type NamedEvaluation,
} from './evaluate-arms.js';
import type { Rewards } from './locale-rewards.js';
import { rubricsAfter } from './run-rubrics.js';

export interface GroupParts extends Pick<MeasuringInputs, 'inputs' | 'rubrics' | 'judges'> {
  readonly rewards: Rewards;
  readonly scorer: Scorer;
  readonly rng: Rng;
}

/**
 * What each arm makes of each locale, region and category that the held-out prompts tell apart, under the rubric that it
 * ended with: wins over the SFT checkpoint, KL to it, and the reward of both by the first model of that rubric's true
 * labels.
 */
export async function groupLines({ sft, arms }: Evaluations, parts: GroupParts): Promise<GroupLine[]> {
  const lines: GroupLine[] = [];
  for (const arm of ARM_NAMES) {
    const evaluation = arms[arm];
    if (evaluation !== undefined) lines.push(...(await linesOf(arm, { sft, evaluation }, parts)));
  }
  return lines;
}

async function linesOf(
  arm: ArmName,
  { sft, evaluation }: Readonly<Record<'sft' | 'evaluation', NamedEvaluation>>,
  { inputs, rubrics, judges, rewards, scorer, rng }: GroupParts,
): Promise<GroupLine[]> {
  const set = rubricsAfter(arm, rubrics);
  const measuresOf = measuresUnder(set, { inputs, judges });
  const points = matchPoints(
    (prompt) => measuresOf(prompt).judge,
    evaluation.answers.map(({ prompt, text }, at) => ({
      prompt: prompt.prompt,
      challenger: text,
      incumbent: sft.answers[at].text,
    })),
  );
  const reward = { set, rewards, scorer };
  const before = await scoresOf(sft, reward);
  const after = await scoresOf(evaluation, reward);
  const rows = evaluation.answers.map(({ prompt, kl }, at) => ({
    ...{ prompt: prompt.prompt, points: points[at], kl, before: before[at], after: after[at] },
  }));
  const own = rng.fork(arm);
  return [...byGroup(rows)].map(([group, matched]) => {
    // Bootstrapped over the group's prompts, as all wins are.
    const meanOf = (name: string, values: readonly number[]): IntervalEstimate =>
      winRate(Float64Array.from(values), own.fork(`${name} ${group}`));
    const scores = (when: 'before' | 'after'): number[] => matched.flatMap((row) => row[when] ?? []);
    const [rewardBefore, paid] = [scores('before'), scores('after')];
    return {
      ...{ arm, group },
      winRate: meanOf(
        'wins',
        matched.map((row) => row.points),
      ),
      ...(paid.length === 0 ? {} : { reward: meanOf('reward', paid) }),
      ...(rewardBefore.length === 0 ? {} : { rewardBefore: meanOf('reward before', rewardBefore) }),
      kl: meanOf(
        'kl',
        matched.map((row) => row.kl),
      ),
    };
  });
}

/** Undefined where an answer has no score. [answer] */
async function scoresOf(
  { answers }: NamedEvaluation,
  { set, rewards, scorer }: Pick<GroupParts, 'rewards' | 'scorer'> & { readonly set: RubricSet },
): Promise<readonly (number | undefined)[]> {
  const { rubricHash, rewardModelHash, floor } = (await rewards.reward(set.hash, 'judged')).source;
  const items = answers.map(({ prompt, text, tokenIds }) => ({
    ...{ prompt: prompt.prompt, promptTokenIds: prompt.tokenIds, answers: [{ text, tokenIds }] },
  }));
  const outcomes = await scorer.score({ rubricHash, rewardModelHash, items });
  return outcomes.flat().map((outcome) => paidScore(outcome, { floor }));
}
