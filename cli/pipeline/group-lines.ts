import { paidScore } from '../../coordinator/advantage/paid-score.js';
import { byGroup } from '../../core/domain/prompt-groups.js';
import type { Rubric } from '../../core/domain/rubric.js';
import type { Rng } from '../../core/math/rng.js';
import type { Scorer } from '../../core/scorer/scorer.js';
import { ARM_NAMES, type ArmName } from '../../workers/evaluation/arm-figures.js';
import type { ControlJudge } from '../../workers/evaluation/control-judge.js';
import type { GroupLine } from '../../workers/evaluation/report/report-data.js';
import { matchPoints, winRate } from '../../workers/evaluation/win-rate.js';
import { judgeFor } from './control-judges.js';
import type { Evaluations, NamedEvaluation } from './evaluate-arms.js';
import type { RewardPlane } from './reward-plane.js';

export interface GroupParts {
  readonly rubrics: readonly Rubric[];
  /** By rubric id. */
  readonly judges: ReadonlyMap<string, ControlJudge>;
  readonly rewards: RewardPlane;
  readonly scorer: Scorer;
  readonly rng: Rng;
}

/**
 * What each arm makes of each locale and category that the held-out prompts tell apart, under the rubric that it ended
 * with: wins over the SFT checkpoint, and the reward by the first model of that rubric's true labels.
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
  { rubrics, judges, rewards, scorer, rng }: GroupParts,
): Promise<GroupLine[]> {
  const rubric = arm === 'swapped' ? rubrics[1] : rubrics[0];
  const points = matchPoints(
    judgeFor(judges, rubric),
    evaluation.answers.map(({ prompt, text }, at) => ({
      prompt: prompt.prompt.text,
      challenger: text,
      incumbent: sft.answers[at].text,
    })),
  );
  const scores = await scoresOf(evaluation, { rubric, rewards, scorer });
  const rows = evaluation.answers.map(({ prompt }, at) => ({
    ...{ prompt: prompt.prompt, points: points[at], score: scores[at] },
  }));
  const own = rng.fork(arm);
  return [...byGroup(rows)].map(([group, matched]) => {
    const paid = Float64Array.from(matched.flatMap(({ score }) => score ?? []));
    return {
      arm,
      group,
      winRate: winRate(
        Float64Array.from(matched, (row) => row.points),
        own.fork(`wins ${group}`),
      ),
      ...(paid.length === 0 ? {} : { reward: winRate(paid, own.fork(`reward ${group}`)) }),
    };
  });
}

/** Undefined where an answer has no score. [answer] */
async function scoresOf(
  { answers }: NamedEvaluation,
  { rubric, rewards, scorer }: Pick<GroupParts, 'rewards' | 'scorer'> & { readonly rubric: Rubric },
): Promise<readonly (number | undefined)[]> {
  const { rubricHash, rewardModelHash, floor } = (await rewards.reward(rubric.hash, 'judged')).source;
  const items = answers.map(({ prompt, text, tokenIds }) => ({
    ...{ prompt: prompt.prompt, promptTokenIds: prompt.tokenIds, answers: [{ text, tokenIds }] },
  }));
  const outcomes = await scorer.score({ rubricHash, rewardModelHash, items });
  return outcomes.flat().map((outcome) => paidScore(outcome, { floor }));
}
