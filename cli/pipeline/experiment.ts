import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Rubric } from '../../core/domain/rubric.js';
import type { Engine } from '../../core/engine/engine.js';
import { createRng } from '../../core/math/rng.js';
import { ARM_NAMES, type ArmName } from '../../workers/evaluation/arm-figures.js';
import { goldAccuracy, type ControlJudge } from '../../workers/evaluation/control-judge.js';
import { htmlReport } from '../../workers/evaluation/report/html-report.js';
import type { ReportData } from '../../workers/evaluation/report/report-data.js';
import { textReport } from '../../workers/evaluation/report/text-report.js';
import { fitControlJudges } from './control-judges.js';
import { serveRunControl } from '../control/serve-run-control.js';
import { evaluateArms, measureArms } from './evaluate-arms.js';
import { fingerprintsOf, type Fingerprints } from './fingerprints.js';
import type { JudgeEndpoint } from './judged-pairs.js';
import { loadRunRubrics, prepareRun, type PreparedRun } from './prepare-run.js';
import type { ProgressListener } from './progress.js';
import type { QuickstartSummary } from './quickstart-summary.js';
import { reportDataOf, type ExperimentResults } from './report-data-of.js';
import { requireSameInputs } from './require-same-inputs.js';
import { runArm, type ArmPlan, type ArmResult } from './run-arm.js';
import type { RunInputs } from './run-inputs.js';
import { openMetricsPlan, type MetricsChoice, type MetricsPlan } from './run-metrics.js';
import { writeRunRecord, type FoundRun } from './run-record.js';
import { samplesFile } from './samples-file.js';
import { openWorkspace, type Workspace } from './workspace.js';

/** What a person may set, for one arm or for all three. */
export interface ExperimentOptions {
  readonly runFile: string;
  readonly seed?: number;
  /** Rollout workers of each arm. */
  readonly workers: number;
  readonly workspace: string;
  readonly judge?: JudgeEndpoint;
  /** Goes on with this run instead of beginning one. */
  readonly continued?: FoundRun;
  /** A prompt file to train on instead of the run file's own. */
  readonly prompts?: string;
  /** Where figures go besides the ledger; the run's folder as JSON lines and TensorBoard events unless told. */
  readonly metrics?: MetricsChoice;
  /** What stands between the run and its services: nothing unless told, faults in a rehearsed crash. */
  readonly services?: (workspace: Workspace) => Workspace;
  readonly onProgress: ProgressListener;
  readonly signal: AbortSignal;
}

export interface ExperimentEnd {
  readonly runId: string;
  readonly summary: QuickstartSummary;
  readonly reportText: string;
  readonly reportPath: string;
  readonly samplesPath: string;
}

type StartedRun = PreparedRun & { readonly fingerprints: Fingerprints };

const TRAINER_THREADS = 2;

/** One experiment: a checkpoint, the arms from it side by side, and a report over them. */
export async function runExperiment(
  arms: readonly ArmName[],
  inputs: RunInputs,
  options: ExperimentOptions,
): Promise<ExperimentEnd> {
  const rubrics = await loadRunRubrics(options.runFile, inputs);
  const judges = fitControlJudges(inputs, rubrics);
  const opened = await openWorkspace(options.workspace, TRAINER_THREADS);
  const workspace = options.services?.(opened) ?? opened;
  try {
    const { ledger, folder, clock, atWork } = workspace;
    const isAtWork = (run: string): boolean => atWork.has(run);
    const metrics = await openMetricsPlan(options.metrics ?? {});
    const control = await serveRunControl({ ledger, workspaceFolder: folder, clock, isAtWork });
    try {
      const parts = { inputs, options, rubrics, judges, workspace, metrics: metrics.plan };
      return await new Experiment(parts).run(arms);
    } finally {
      await control.close();
      await metrics.close();
    }
  } finally {
    await workspace.close();
  }
}

interface ExperimentParts {
  readonly inputs: RunInputs;
  readonly options: ExperimentOptions;
  readonly rubrics: readonly Rubric[];
  readonly judges: ReadonlyMap<string, ControlJudge>;
  readonly workspace: Workspace;
  readonly metrics: MetricsPlan;
}

class Experiment {
  private readonly runId: string;
  private readonly directory: string;

  constructor(private readonly parts: ExperimentParts) {
    const { workspace, inputs, options } = parts;
    const stamp = new Date(workspace.clock.now()).toISOString().replace(/[-:.]/g, '');
    this.runId = options.continued?.id ?? `${inputs.config.name}-${stamp}`;
    this.directory = join(workspace.folder, 'runs', this.runId);
  }

  async run(names: readonly ArmName[]): Promise<ExperimentEnd> {
    const { inputs, options, rubrics, judges, workspace } = this.parts;
    const started = workspace.clock.monotonic();
    const engines = await workspace.engines(options.workers);
    const fingerprints = fingerprintsOf(inputs, rubrics, engines[0].fingerprint);
    await this.enter(names, fingerprints);
    const place = { directory: this.directory, runId: this.runId };
    const prepared = await prepareRun(workspace, inputs, { ...options, ...place, rubrics, engines });
    const arms = await this.runArms(names, { ...prepared, fingerprints }, engines);
    const rng = createRng(inputs.config.seed);
    const evaluated = await this.evaluate(arms, prepared, engines);
    const figures = measureArms(evaluated, { inputs, rubrics, judges, rng: rng.fork('intervals') });
    const seconds = (workspace.clock.monotonic() - started) / 1000;
    const { workers } = options;
    return this.write({
      inputs,
      rubrics,
      prepared,
      arms,
      evaluated,
      figures,
      judges,
      seconds,
      workers,
      title: `Majlis: ${inputs.config.name}, steered by ${rubrics[0].id}`,
    });
  }

  /** Writes down what is asked for, or checks that it is what the run began with. */
  private async enter(arms: readonly ArmName[], fingerprints: Fingerprints): Promise<void> {
    const { inputs, options } = this.parts;
    const { continued, runFile, prompts, seed, judge } = options;
    const { config } = inputs;
    if (continued !== undefined) return requireSameInputs(continued.record, { config, fingerprints });
    await writeRunRecord(this.directory, {
      format: 'majlis-run/1',
      arms: [...arms],
      runFile: resolve(runFile),
      ...(prompts === undefined ? {} : { prompts: resolve(prompts) }),
      ...(seed === undefined ? {} : { seed }),
      ...(judge === undefined ? {} : { judge: { url: judge.url, model: judge.model } }),
      config,
      fingerprints,
    });
  }

  /** The arms side by side: while one trains, another generates. */
  private async runArms(
    names: readonly ArmName[],
    prepared: StartedRun,
    idle: readonly Engine[],
  ): Promise<Partial<Record<ArmName, ArmResult>>> {
    const { workspace, options } = this.parts;
    const results = await Promise.all(
      names.map(async (name, at) => {
        // The first arm takes the engines that sampled the pairs; each engine costs memory.
        const engines = at === 0 ? idle : await workspace.engines(options.workers);
        const runId = names.length === 1 ? this.runId : `${this.runId}-${name}`;
        return [name, await runArm(workspace, { ...this.plan(name, runId, prepared), engines })];
      }),
    );
    return Object.fromEntries(results) as Partial<Record<ArmName, ArmResult>>;
  }

  private plan(name: ArmName, runId: string, prepared: StartedRun): Omit<ArmPlan, 'engines'> {
    const { inputs, options, rubrics, workspace, metrics } = this.parts;
    const { checkpoint, sampling, prompts, rewards, fingerprints } = prepared;
    const { swap } = inputs.config;
    return {
      runId,
      name,
      config: inputs.config,
      fingerprints,
      checkpoint,
      sampling,
      prompts,
      rewardSources: rewards.sources(name === 'placebo' ? 'shuffled' : 'judged', (preferences) =>
        workspace.ledger.recordPreferences(runId, preferences),
      ),
      rubricHash: rubrics[0].hash,
      ...(name === 'swapped' && swap !== undefined
        ? { swap: { rubricHash: rubrics[1].hash, iteration: swap.iteration } }
        : {}),
      directory: join(this.directory, name),
      metrics,
      onProgress: options.onProgress,
      signal: options.signal,
    };
  }

  private async evaluate(
    arms: Partial<Record<ArmName, ArmResult>>,
    prepared: PreparedRun,
    engines: readonly Engine[],
  ): ReturnType<typeof evaluateArms> {
    const { checkpoint, sampling, references, call, heldOutPrompts } = prepared;
    const { inputs, workspace, options } = this.parts;
    const policies = Object.fromEntries(Object.entries(arms).map(([name, { policy }]) => [name, policy]));
    const shared = { checkpoint, sampling, references, call, engines, prompts: heldOutPrompts };
    const rng = createRng(inputs.config.seed).fork('held-out');
    return evaluateArms(policies, { ...shared, trainer: workspace.trainer, rng }, options.onProgress);
  }

  private async write(results: ExperimentResults): Promise<ExperimentEnd> {
    const data = await reportDataOf(results);
    const reportText = textReport(data);
    const summary = summaryOf(results, data);
    const reportPath = join(this.directory, 'report.html');
    const samplesPath = join(this.directory, 'samples.jsonl');
    await writeFile(reportPath, htmlReport(data));
    await writeFile(join(this.directory, 'report.txt'), `${reportText}\n`);
    await writeFile(samplesPath, samplesFile(results));
    await writeFile(join(this.directory, 'summary.json'), `${JSON.stringify(summary, undefined, 2)}\n`);
    return { runId: this.runId, summary, reportText, reportPath, samplesPath };
  }
}

function summaryOf(
  { inputs, judges, rubrics, arms }: ExperimentResults,
  data: ReportData,
): QuickstartSummary {
  const ratios = ARM_NAMES.flatMap((name) =>
    (arms[name]?.iterations ?? []).flatMap(({ metrics }) => metrics['val/ratio_first_minibatch'] ?? []),
  );
  const goldOf = (id: string): RunInputs['controlGold'] =>
    inputs.controlGold.filter(({ rubric }) => rubric === id);
  return {
    seconds: data.seconds,
    seed: data.seed,
    workers: data.workers,
    arms: data.arms,
    ...(data.rewardModelAccuracy === undefined ? {} : { rewardModelAccuracy: data.rewardModelAccuracy }),
    controlJudgeAccuracy: Object.fromEntries(
      [...judges].map(([id, judge]) => [id, goldAccuracy(judge, goldOf(id))]),
    ),
    rubricHashes: Object.fromEntries(rubrics.map(({ id, hash }) => [id, hash])),
    ...(ratios.length === 0
      ? {}
      : { ratioFirstMinibatch: { low: Math.min(...ratios), high: Math.max(...ratios) } }),
    peakMemoryBytes: data.peakMemoryBytes,
  };
}
