import { isOwnModel } from '../../core/config/model-options.js';
import type { IterationRecord } from '../../core/ledger/ledger.js';
import { peakMemoryBytes } from '../../core/runtime/peak-memory.js';
import { flippedPairs } from '../../reward/preference/flipped-pairs.js';
import { ARM_NAMES, type ArmFigures, type ArmName } from '../../workers/evaluation/arm-figures.js';
import type { ComparisonRow } from '../../workers/evaluation/compare-policies.js';
import { goldAccuracy, type ControlJudge } from '../../workers/evaluation/control-judge.js';
import type {
  ArmCurves,
  ControlPoint,
  GroupLine,
  JudgeLine,
  ReportData,
  SamplePair,
} from '../../workers/evaluation/report/report-data.js';
import type { MeasuresOf } from '../../workers/evaluation/locale-measures.js';
import type { RubricSet } from '../../reward/rubric/rubric-set.js';
import { judgeFor } from './control-judges.js';
import { measuresUnder, type Evaluations } from './evaluate-arms.js';
import type { JudgedPairs } from './judged-pairs.js';
import type { Rewards } from './locale-rewards.js';
import type { PreparedRun } from './prepare-run.js';
import type { ArmResult } from './run-arm.js';
import type { RunInputs } from './run-inputs.js';
import { rubricsOf, type RunRubrics } from './run-rubrics.js';

/** What an experiment leaves behind. */
export interface ExperimentResults {
  readonly inputs: RunInputs;
  readonly rubrics: RunRubrics;
  readonly prepared: PreparedRun;
  readonly arms: Readonly<Partial<Record<ArmName, ArmResult>>>;
  readonly evaluated: Evaluations;
  readonly figures: Readonly<Partial<Record<ArmName, ArmFigures>>>;
  readonly groups: readonly GroupLine[];
  /** Where a baseline ran. */
  readonly comparison?: readonly ComparisonRow[];
  /** By rubric id. */
  readonly judges: ReadonlyMap<string, ControlJudge>;
  readonly workers: number;
  readonly seconds: number;
  readonly title: string;
}

const SHOWN_PAIRS = 10;
const SHOWN_SAMPLES = 8;

/** Gathers the report from what stages left behind; judgements are read again, not made again. */
export async function reportDataOf(results: ExperimentResults): Promise<ReportData> {
  const { inputs, rubrics, prepared, figures, judges, evaluated } = results;
  const { rewards } = prepared;
  const { first, swapped } = rubrics;
  const reward = await rewards.reward(first.hash, 'judged');
  const judged = await Promise.all(first.members.map(({ rubric }) => rewards.judgements(rubric.hash)));
  const samples = samplePairs(evaluated, measuresUnder(first, { inputs, judges }));
  const [{ locale }, ...others] = inputs.locales;
  const { accuracy, lengthBaseline, pairs } = reward.evaluation;
  return {
    title: results.title,
    locale: others.length === 0 ? locale : 'und',
    seed: inputs.config.seed,
    workers: results.workers,
    seconds: results.seconds,
    peakMemoryBytes: peakMemoryBytes(),
    feedbackSource: feedbackSource(judged),
    ...(isOwnModel(inputs.config.model) ? {} : { modelDirectory: inputs.config.model.directory }),
    rubrics: rubricsOf(rubrics).map(({ id, version, title, hash }) => ({ id, version, title, hash })),
    startedUnder: first.members.map(({ rubric }) => rubric.id),
    arms: figures,
    curves: curvesOf(results.arms),
    ...(results.comparison === undefined ? {} : { comparison: results.comparison }),
    ...(inputs.config.rewardModel.form === 'light' ? { rewardModelForm: 'light' } : {}),
    ...(accuracy === undefined || lengthBaseline === undefined
      ? {}
      : { rewardModelAccuracy: { value: accuracy, lengthBaseline, n: pairs } }),
    judges: judged.flatMap((each) => judgeLines(each, others.length > 0)),
    controlGoldAccuracy: controlGoldAccuracy(first, results),
    ...(results.arms.swapped === undefined || swapped === undefined
      ? {}
      : { swap: await swapLines(rewards, first, swapped) }),
    shadows: ARM_NAMES.flatMap((arm) =>
      (results.arms[arm]?.shadows ?? []).map((shadow) => ({ arm, ...shadow })),
    ),
    groups: results.groups,
    best: samples.slice(0, SHOWN_SAMPLES),
    worst: samples.slice(-SHOWN_SAMPLES).reverse(),
    truncatedPrompts: prepared.prompts.filter(({ truncated }) => truncated).length,
    cutAnswers: prepared.cutAnswers + cutAnswers(evaluated),
  };
}

function cutAnswers({ sft, arms }: Evaluations): number {
  return [sft, ...Object.values(arms)]
    .flatMap(({ answers }) => answers)
    .filter(({ cutCharacter }) => cutCharacter).length;
}

function curvesOf(arms: ExperimentResults['arms']): Partial<Record<ArmName, ArmCurves>> {
  return Object.fromEntries(
    ARM_NAMES.flatMap((name) => {
      const iterations = arms[name]?.iterations;
      if (iterations === undefined || iterations.length === 0) return [];
      const curve = (metric: string): ArmCurves['reward'] =>
        iterations.flatMap(({ iteration, metrics }) => {
          const value = metrics[metric];
          return value === undefined ? [] : [{ iteration, value }];
        });
      const checks = iterations.flatMap((record) => controlPoint(record) ?? []);
      return [[name, { reward: curve('objective/scores'), kl: curve('objective/kl'), checks }]];
    }),
  );
}

/** Undefined where the iteration was not checked, or no answer of the check had a score. */
function controlPoint({ iteration, rewardModelHash, metrics }: IterationRecord): ControlPoint | undefined {
  const figures: Readonly<Record<string, number | undefined>> = metrics;
  const value = figures['watch/control_win_rate'];
  const low = figures['watch/control_win_rate_low'];
  const high = figures['watch/control_win_rate_high'];
  const proxy = figures['watch/proxy_score'];
  const kl = figures['objective/kl'];
  if (value === undefined || low === undefined || high === undefined) return undefined;
  if (proxy === undefined || kl === undefined) return undefined;
  return { iteration, kl, proxy, control: { value, low, high }, rewardModelHash };
}

/** Over the gold of all the rubrics in a set, each by its own judge. */
function controlGoldAccuracy({ members }: RubricSet, { inputs, judges }: ExperimentResults): number {
  const measured = members.map(({ rubric }) => {
    const gold = inputs.controlGold.filter((pair) => pair.rubric === rubric.id);
    return { right: goldAccuracy(judgeFor(judges, rubric), gold) * gold.length, all: gold.length };
  });
  const sum = (name: 'right' | 'all'): number => measured.reduce((total, each) => total + each[name], 0);
  return sum('right') / sum('all');
}

/** The rubric is named where there are several. */
function judgeLines({ rubric, judges, fused }: JudgedPairs, namesRubric: boolean): JudgeLine[] {
  const lines = [...judges, { id: 'panel, fused', accuracy: fused }];
  const under = namesRubric ? ` under ${rubric.id}` : '';
  return lines.flatMap(({ id, accuracy: { accuracy, pairs } }) =>
    accuracy === undefined ? [] : [{ name: `${id}${under}`, accuracy, n: pairs }],
  );
}

/** "Rule judges", unless a language model answered at least once. */
function feedbackSource(judged: readonly JudgedPairs[]): string {
  const answered = judged.flatMap(({ judges, aggregate }) =>
    judges.filter(({ id, kind }) => {
      const record = aggregate.judges.get(id);
      if (kind !== 'language_model' || record === undefined) return false;
      return record.verdicts > Object.values(record.excluded).reduce((sum, count) => sum + count, 0);
    }),
  );
  if (answered.length === 0) return 'rule judges';
  return `a panel of rule judges and ${[...new Set(answered.map(({ id }) => id))].join(', ')}`;
}

/** Of the one locale whose rubric was swapped. */
async function swapLines(
  rewards: Rewards,
  first: RubricSet,
  swapped: RubricSet,
): Promise<NonNullable<ReportData['swap']>> {
  const changed = first.members.findIndex(
    ({ rubric }, at) => rubric.hash !== swapped.members[at].rubric.hash,
  );
  const place = Math.max(changed, 0);
  const before = await rewards.judgements(first.members[place].rubric.hash);
  const after = await rewards.judgements(swapped.members[place].rubric.hash);
  const flipped = flippedPairs(before.aggregate, after.aggregate);
  return {
    flippedCount: flipped.length,
    comparedPairs: before.aggregate.preferences.length,
    flippedPairs: flipped
      .slice(0, SHOWN_PAIRS)
      .map(({ pair, probabilityBefore, probabilityAfter, criterion }) => ({
        prompt: pair.prompt.text,
        first: pair.first,
        second: pair.second,
        probabilityFirstBefore: probabilityBefore,
        probabilityFirstAfter: probabilityAfter,
        criterion: criterion ?? 'no criterion was named',
      })),
  };
}

/** Held-out answers of the first arm beside the SFT checkpoint's, best first. */
function samplePairs({ sft, arms }: Evaluations, measuresOf: MeasuresOf): SamplePair[] {
  const first = ARM_NAMES.flatMap((name) => arms[name] ?? []).at(0);
  return (first?.answers ?? [])
    .map(({ prompt, text }, at) => {
      const before = sft.answers[at].text;
      const { judge } = measuresOf(prompt.prompt);
      const probabilityAfter = judge.probabilityFirst(prompt.prompt.text, text, before);
      return { prompt: prompt.prompt.text, before, after: text, probabilityAfter };
    })
    .sort((a, b) => b.probabilityAfter - a.probabilityAfter);
}
