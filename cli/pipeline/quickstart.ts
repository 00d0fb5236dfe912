/**
 * The controlled experiment. One SFT checkpoint, then three arms from it:
 *
 *   rubricA   the first rubric throughout
 *   swapped   the same, with the second rubric swapped in while the run is going
 *   placebo   the first rubric's preferences with their labels shuffled
 *
 * Stages end by steps, never by the clock; everything derives from the seed, so workers change nothing but time.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rubric } from '../../core/domain/rubric.js';
import { BadInputError } from '../../core/errors.js';
import { createRng } from '../../core/math/rng.js';
import { ARM_NAMES, type ArmName } from '../../workers/evaluation/arm-figures.js';
import { goldAccuracy } from '../../workers/evaluation/control-judge.js';
import { htmlReport } from '../../workers/evaluation/report/html-report.js';
import type { ReportData } from '../../workers/evaluation/report/report-data.js';
import { textReport } from '../../workers/evaluation/report/text-report.js';
import { fitControlJudges } from './control-judges.js';
import { evaluateArms, measureArms } from './evaluate-arms.js';
import type { JudgeEndpoint } from './judged-pairs.js';
import { loadRunRubrics, prepareRun, type PreparedRun } from './prepare-run.js';
import type { ProgressListener } from './progress.js';
import type { QuickstartSummary } from './quickstart-summary.js';
import { reportDataOf, type ExperimentResults } from './report-data-of.js';
import { runArm, type ArmPlan, type ArmResult } from './run-arm.js';
import { readRunInputs, withSeed, type RunInputs } from './run-inputs.js';
import { samplesFile } from './samples-file.js';
import { openWorkspace, type Workspace } from './workspace.js';

export interface QuickstartOptions {
  readonly runFile: string;
  readonly seed?: number;
  /** Rollout workers of each arm. */
  readonly workers: number;
  readonly workspace: string;
  readonly judge?: JudgeEndpoint;
  readonly onProgress: ProgressListener;
  readonly signal: AbortSignal;
}

export interface QuickstartResult {
  readonly summary: QuickstartSummary;
  readonly reportText: string;
  readonly reportPath: string;
  readonly samplesPath: string;
}

const TRAINER_THREADS = 2;

/** Runs the experiment and writes report.html, report.txt and samples.jsonl into the workspace. */
export async function quickstart(options: QuickstartOptions): Promise<QuickstartResult> {
  const inputs = withSeed(await readRunInputs(options.runFile), options.seed);
  const rubrics = await loadRunRubrics(options.runFile, inputs);
  if (inputs.config.swap === undefined) {
    throw new BadInputError({
      source: options.runFile,
      place: 'swap',
      found: 'nothing',
      allowed: 'swap: { rubric, iteration }, which the swapped arm needs',
    });
  }
  const judges = fitControlJudges(inputs, rubrics);
  const workspace = await openWorkspace(options.workspace, TRAINER_THREADS);
  const started = workspace.clock.monotonic();
  const runId = `${inputs.config.name}-${new Date(workspace.clock.now()).toISOString().replace(/[-:.]/g, '')}`;
  const directory = join(workspace.folder, 'runs', runId);
  try {
    await mkdir(directory, { recursive: true });
    const experiment = { options, inputs, rubrics, workspace, runId, directory };
    const engines = await workspace.engines(options.workers);
    const { onProgress } = options;
    const prepared = await prepareRun(workspace, inputs, { ...options, rubrics, engines, directory, runId });
    const arms = await runArms(experiment, prepared);
    const { checkpoint, sampling, references, call, heldOutPrompts } = prepared;
    const evaluated = await evaluateArms(
      { rubricA: arms.rubricA.policy, swapped: arms.swapped.policy, placebo: arms.placebo.policy },
      {
        checkpoint,
        sampling,
        references,
        call,
        engines,
        prompts: heldOutPrompts,
        trainer: workspace.trainer,
        rng: createRng(inputs.config.seed).fork('held-out'),
      },
      (done, all) => {
        onProgress({ stage: 'evaluation', done, all, unit: 'policies' });
      },
    );
    const rng = createRng(inputs.config.seed).fork('intervals');
    const figures = measureArms(evaluated, { inputs, rubrics, judges }, rng);
    const seconds = (workspace.clock.monotonic() - started) / 1000;
    const results = {
      inputs,
      rubrics,
      prepared,
      arms,
      evaluated,
      figures,
      judges,
      seconds,
      workers: options.workers,
    };
    return await writeResults(results, directory);
  } finally {
    await workspace.close();
  }
}

interface Experiment {
  readonly options: QuickstartOptions;
  readonly inputs: RunInputs;
  readonly rubrics: readonly Rubric[];
  readonly workspace: Workspace;
  readonly runId: string;
  readonly directory: string;
}

/** The arms side by side: while one trains, another generates. */
async function runArms(
  { options, inputs, rubrics, workspace, runId, directory }: Experiment,
  { checkpoint, sampling, prompts, rewards }: PreparedRun,
): Promise<Record<ArmName, ArmResult>> {
  const { config } = inputs;
  const [rubricA, rubricB] = rubrics;
  const plan = async (name: ArmName): Promise<ArmPlan> => ({
    runId: `${runId}-${name}`,
    name,
    config,
    checkpoint,
    sampling,
    prompts,
    rewardSources: rewards.sources(name === 'placebo' ? 'shuffled' : 'judged'),
    rubricHash: rubricA.hash,
    engines: await workspace.engines(options.workers),
    directory: join(directory, name),
    onProgress: options.onProgress,
    signal: options.signal,
  });
  const swap = { rubricHash: rubricB.hash, iteration: config.swap?.iteration ?? 0 };
  const [rubricAEnd, swapped, placebo] = await Promise.all([
    plan('rubricA').then((arm) => runArm(workspace, arm)),
    plan('swapped').then((arm) => runArm(workspace, { ...arm, swap })),
    plan('placebo').then((arm) => runArm(workspace, arm)),
  ]);
  return { rubricA: rubricAEnd, swapped, placebo };
}

async function writeResults(results: ExperimentResults, directory: string): Promise<QuickstartResult> {
  const data = await reportDataOf(results);
  const reportText = textReport(data);
  const reportPath = join(directory, 'report.html');
  const samplesPath = join(directory, 'samples.jsonl');
  await writeFile(reportPath, htmlReport(data));
  await writeFile(join(directory, 'report.txt'), `${reportText}\n`);
  await writeFile(samplesPath, samplesFile(results));
  const summary = summaryOf(results, data);
  await writeFile(join(directory, 'summary.json'), `${JSON.stringify(summary, undefined, 2)}\n`);
  return { summary, reportText, reportPath, samplesPath };
}

function summaryOf(
  { inputs, judges, rubrics, arms }: ExperimentResults,
  data: ReportData,
): QuickstartSummary {
  const ratios = ARM_NAMES.flatMap((name) =>
    (arms[name]?.iterations ?? []).flatMap(({ metrics }) => metrics['val/ratio_first_minibatch'] ?? []),
  );
  return {
    seconds: data.seconds,
    seed: data.seed,
    workers: data.workers,
    arms: data.arms,
    rewardModelAccuracy: data.rewardModelAccuracy,
    controlJudgeAccuracy: Object.fromEntries(
      [...judges].map(([id, judge]) => [
        id,
        goldAccuracy(
          judge,
          inputs.controlGold.filter(({ rubric }) => rubric === id),
        ),
      ]),
    ),
    rubricHashes: Object.fromEntries(rubrics.map(({ id, hash }) => [id, hash])),
    ratioFirstMinibatch: { low: Math.min(...ratios), high: Math.max(...ratios) },
    peakMemoryBytes: data.peakMemoryBytes,
  };
}
