import { DEFAULT_ALGORITHM } from '../../coordinator/algorithm-options.js';
import { paidScore } from '../../coordinator/advantage/paid-score.js';
import type { Scorer } from '../../core/scorer/scorer.js';
import {
  comparePolicies,
  type ComparisonRow,
  type Contender,
} from '../../workers/evaluation/compare-policies.js';
import { ARM_NAMES, type ArmName } from '../../workers/evaluation/arm-figures.js';
import type { MeasuresOf } from '../../workers/evaluation/locale-measures.js';
import type { RubricSet } from '../../reward/rubric/rubric-set.js';
import { isBaseline } from './algorithms.js';
import { bestOfN, type BestOfNInputs } from './best-of-n.js';
import { klOfBestOf, nearestBestOf } from './best-of-n-size.js';
import type { Evaluations, NamedEvaluation } from './evaluate-arms.js';
import type { EvaluationInputs } from './evaluate-policy.js';
import type { Rewards } from './locale-rewards.js';
import type { ProgressListener } from './progress.js';
import type { RunInputs } from './run-inputs.js';

export interface ArmComparison extends Pick<
  EvaluationInputs,
  'prompts' | 'checkpoint' | 'engines' | 'sampling' | 'rng'
> {
  readonly inputs: RunInputs;
  /** What the arms began under. */
  readonly rubrics: RubricSet;
  readonly measuresOf: MeasuresOf;
  readonly rewards: Rewards;
  readonly scorer: Scorer;
  readonly onProgress: ProgressListener;
}

/** Answers per prompt that best-of-n draws at most: its KL then is 3.2 nats, and sampling takes as long as some iterations. */
const MOST_ANSWERS = 64;

/**
 * What a run's arms and best-of-n make of the same preferences, the trained ones first. Undefined where no baseline was
 * asked for. Best-of-n picks by the reward model that the arms' rubric started with.
 */
export async function compareArms(
  { sft, arms }: Evaluations,
  parts: ArmComparison,
): Promise<ComparisonRow[] | undefined> {
  const trained = ARM_NAMES.flatMap((name) => {
    const evaluation = arms[name];
    return evaluation === undefined || name === 'placebo' ? [] : [{ name, evaluation }];
  });
  if (!trained.some(({ name }) => isBaseline(name))) return undefined;
  const sizes = [
    ...new Set(trained.map(({ evaluation }) => nearestBestOf(meanKl(evaluation), MOST_ANSWERS))),
  ].sort((a, b) => a - b);
  const picked = await bestOfN(sizes, { ...parts, score: await byRewardModel(parts) });
  const best = [...picked].map(([n, texts]): Contender => {
    return { name: `best of ${n}`, texts, kl: klOfBestOf(n) };
  });
  const { inputs, measuresOf, rng } = parts;
  return comparePolicies({
    prompts: sft.answers.map(({ prompt }) => prompt.prompt),
    incumbent: sft.answers.map(({ text }) => text),
    contenders: [
      ...trained.map(({ name, evaluation }) => trainedContender(nameOf(name, inputs), evaluation)),
      ...best,
    ],
    measuresOf,
    rng: rng.fork('intervals'),
  });
}

/** The reward that the arms began with, of each answer to a prompt; one that has none is not picked. */
async function byRewardModel({ rewards, rubrics, scorer }: ArmComparison): Promise<BestOfNInputs['score']> {
  const { source } = await rewards.reward(rubrics.hash, 'judged');
  const { rubricHash, rewardModelHash, floor } = source;
  return async ({ prompt, tokenIds: promptTokenIds }, answers) => {
    const items = [{ prompt, promptTokenIds, answers }];
    const [outcomes] = await scorer.score({ rubricHash, rewardModelHash, items });
    return outcomes.map((outcome) => paidScore(outcome, { floor }) ?? -Infinity);
  };
}

function trainedContender(
  name: string,
  { answers, referenceNll: nll, referenceTokens: tokens }: NamedEvaluation,
): Contender {
  return {
    name,
    texts: answers.map(({ text }) => text),
    kl: answers.map(({ kl }) => kl),
    references: { nll, tokens },
  };
}

/** The reinforcement arm goes by its estimator. */
function nameOf(arm: ArmName, { config }: RunInputs): string {
  return arm === 'rubricA' ? (config.algorithm.estimator ?? DEFAULT_ALGORITHM.estimator) : arm;
}

function meanKl({ answers }: NamedEvaluation): number {
  return answers.reduce((sum, { kl }) => sum + kl, 0) / answers.length;
}
