import { join } from 'node:path';
import { compileJudges } from '../../core/config/judges-options.js';
import { DEFAULT_WATCH, watchedOnly } from '../../core/config/watch-options.js';
import type { Engine } from '../../core/engine/engine.js';
import { MajlisError } from '../../core/errors.js';
import { createRng } from '../../core/math/rng.js';
import { writeDurably } from '../../core/runtime/durable-file.js';
import type { Clock } from '../../core/runtime/clock.js';
import { ARM_NAMES, type ArmName, type BaselineName } from '../../workers/evaluation/arm-figures.js';
import { goldAccuracy, type ControlJudge } from '../../workers/evaluation/control-judge.js';
import { htmlReport } from '../../workers/evaluation/report/html-report.js';
import type { ReportData } from '../../workers/evaluation/report/report-data.js';
import { textReport } from '../../workers/evaluation/report/text-report.js';
import { untilLost } from '../fleet/until-lost.js';
import { keepRunRubricSet } from '../control/stored-rubric-sets.js';
import { openAskedJudges, type AskedJudges } from '../judges/asked-judges.js';
import type { JudgeEndpoint } from '../judges/judge-endpoint.js';
import { isBaseline } from './algorithms.js';
import { runBaseline, type BaselinePlan } from './baseline-arm.js';
import { compareArms } from './compare-arms.js';
import { fitControlJudges } from './control-judges.js';
import { evaluateArms, measureArms, measuresUnder } from './evaluate-arms.js';
import { watchProbes } from './watch-probes.js';
import { armRunId, enterRun, failArms, runDirectory } from './enter-run.js';
import { fingerprintsOf } from './fingerprints.js';
import { groupLines } from './group-lines.js';
import { prepareRun, type PreparedRun } from './prepare-run.js';
import type { ProgressListener } from './progress.js';
import type { QuickstartSummary } from './quickstart-summary.js';
import { recordNewPreferences } from './record-new-preferences.js';
import { reportDataOf, type ExperimentResults } from './report-data-of.js';
import { runArm, type ArmPlan, type ArmResult } from './run-arm.js';
import type { RunInputs } from './run-inputs.js';
import { requireRunnable } from './require-runnable.js';
import { withRunPorts, type RunPlaces } from './run-ports.js';
import type { FoundRun } from './run-record.js';
import { loadRunRubrics, rubricsAfter, rubricsOf, type RunRubrics } from './run-rubrics.js';
import { samplesFile } from './samples-file.js';
import {
  withServedWorkspace,
  type ServedWorkspace,
  type ServedWorkspaceOptions,
} from './served-workspace.js';

/** What a person may set, for one arm or for all three. */
export interface ExperimentOptions {
  readonly runFile: string;
  readonly seed?: number;
  /** Rollout workers of each arm. */
  readonly workers: number;
  readonly judge?: JudgeEndpoint;
  /** Goes on with this run instead of beginning one. */
  readonly continued?: FoundRun;
  /** Where the run's trainer and engines are, over what its run file says. */
  readonly places?: RunPlaces;
  /** A prompt file to train on instead of the run file's own. */
  readonly prompts?: string;
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

/** A run's id: its name and when it was asked for. */
export function newRunId(name: string, clock: Clock): string {
  return `${name}-${new Date(clock.now()).toISOString().replace(/[-:.]/g, '')}`;
}

/** One experiment in a workspace of its own: a checkpoint, the arms from it side by side, and a report over them. */
export async function runExperiment(
  arms: readonly ArmName[],
  inputs: RunInputs,
  options: ExperimentOptions & ServedWorkspaceOptions,
): Promise<ExperimentEnd> {
  return withServedWorkspace(options, async (served) => experimentIn(served, { arms, inputs, options }));
}

/** The same in a workspace that is served already. One whose pool of workers is lost stays as it is, like one that is stopped. */
export async function experimentIn(
  served: ServedWorkspace,
  { options, ...request }: ExperimentRequest,
): Promise<ExperimentEnd> {
  return untilLost(served.workspace.fleet, options.signal, (signal) =>
    openExperiment(served, { ...request, options: { ...options, signal } }),
  );
}

async function openExperiment(
  served: ServedWorkspace,
  { arms, inputs, options }: ExperimentRequest,
): Promise<ExperimentEnd> {
  const rubrics = await loadRunRubrics(options.runFile, inputs);
  const judges = fitControlJudges(inputs, rubricsOf(rubrics));
  const { config } = inputs;
  const { runFile, places, signal } = options;
  const runId = options.continued?.id ?? newRunId(config.name, served.workspace.clock);
  const asked = await openAskedJudges({
    ...{ judges: compileJudges(config.judges), runFile },
    ...{ workspace: served.workspace.folder, run: runId, clock: served.workspace.clock },
    tracer: served.workspace.tracer,
    ...(options.judge === undefined ? {} : { endpoint: options.judge }),
  });
  try {
    return await withRunPorts(served.workspace, { config, runFile, places, signal }, (workspace) => {
      const parts = { arms, inputs, options, rubrics, judges, runId, asked, ...served, workspace };
      return new Experiment(parts).run();
    });
  } finally {
    await asked.close();
  }
}

export interface ExperimentRequest {
  readonly arms: readonly ArmName[];
  readonly inputs: RunInputs;
  readonly options: ExperimentOptions;
}

interface ExperimentParts extends ExperimentRequest, ServedWorkspace {
  readonly rubrics: RunRubrics;
  readonly judges: ReadonlyMap<string, ControlJudge>;
  readonly asked: AskedJudges;
  readonly runId: string;
}

class Experiment {
  private readonly runId: string;
  private readonly directory: string;
  /** Every engine that this experiment opened. */
  private readonly engines: Engine[] = [];

  constructor(private readonly parts: ExperimentParts) {
    this.runId = parts.runId;
    this.directory = runDirectory(parts.workspace.folder, this.runId);
  }

  async run(): Promise<ExperimentEnd> {
    const engines = await this.openEngines();
    try {
      await this.enter(engines);
      return await this.workOrFail(engines);
    } finally {
      await this.parts.workspace.closeEngines(this.engines);
    }
  }

  /** A run that was entered says in the ledger why it failed; one that was refused stays as it was. */
  private async workOrFail(engines: readonly Engine[]): Promise<ExperimentEnd> {
    const { arms, options, workspace } = this.parts;
    try {
      return await this.work(engines);
    } catch (thrown) {
      const error = MajlisError.from(thrown);
      if (!options.signal.aborted) await failArms(workspace.ledger, { id: this.runId, arms }, error);
      throw error;
    }
  }

  private async openEngines(count = this.parts.options.workers): Promise<readonly Engine[]> {
    const engines = await this.parts.workspace.engines(count);
    this.engines.push(...engines);
    return engines;
  }

  private async enter([engine]: readonly Engine[]): Promise<void> {
    const { arms, inputs, options, rubrics, workspace } = this.parts;
    const trainer = await workspace.trainer.capabilities();
    requireRunnable(inputs.config, arms, { trainer, engine });
    const computing = { engine: engine.fingerprint, trainer: trainer.fingerprint };
    const fingerprints = fingerprintsOf(inputs, rubrics, computing);
    const run = { ...options, id: this.runId, workspace: workspace.folder, arms, inputs, fingerprints };
    await enterRun(workspace.ledger, run);
    await keepRunRubricSet(workspace.folder, rubrics.first);
    if (rubrics.swapped !== undefined) await keepRunRubricSet(workspace.folder, rubrics.swapped);
  }

  private async work(engines: readonly Engine[]): Promise<ExperimentEnd> {
    const { inputs, options, rubrics, judges, asked, workspace } = this.parts;
    const started = workspace.clock.monotonic();
    const place = { directory: this.directory, runId: this.runId };
    const { refreshEvery } = inputs.config.rewardModel;
    const [refreshEngine] = refreshEvery === undefined ? [] : await this.openEngines(1);
    const preparing = { ...options, ...place, rubrics, engines, refreshEngine, asked };
    const prepared = await prepareRun(workspace, inputs, preparing);
    const arms = await this.runArms(prepared, engines);
    const rng = createRng(inputs.config.seed);
    const evaluated = await this.evaluate(arms, prepared, engines);
    const figures = measureArms(evaluated, { inputs, rubrics, judges, rng: rng.fork('intervals') });
    const comparison = await compareArms(evaluated, {
      ...{ inputs, rubrics: rubrics.first },
      measuresOf: measuresUnder(rubrics.first, { inputs, judges }),
      ...{ checkpoint: prepared.checkpoint, sampling: prepared.sampling, prompts: prepared.heldOutPrompts },
      ...{ rewards: prepared.rewards, scorer: workspace.scorer, engines, rng: rng.fork('comparison') },
      onProgress: options.onProgress,
    });
    const { rewards } = prepared;
    const grouping = { inputs, rubrics, judges, rewards, scorer: workspace.scorer, rng: rng.fork('groups') };
    const groups = await groupLines(evaluated, grouping);
    const seconds = (workspace.clock.monotonic() - started) / 1000;
    const { workers } = options;
    const end = await this.write({
      inputs,
      rubrics,
      prepared,
      arms,
      evaluated,
      figures,
      groups,
      ...(comparison === undefined ? {} : { comparison }),
      judges,
      seconds,
      workers,
      title: `Majlis: ${inputs.config.name}, steered by ${rubrics.first.members.map(({ rubric }) => rubric.id).join(' and ')}`,
    });
    await rewards.close();
    return end;
  }

  /** The arms side by side: while one trains, another generates. */
  private async runArms(
    prepared: PreparedRun,
    idle: readonly Engine[],
  ): Promise<Partial<Record<ArmName, ArmResult>>> {
    const { arms, inputs, judges, workspace } = this.parts;
    const { controlEvery } = inputs.config.watch ?? DEFAULT_WATCH;
    const [engine] = controlEvery === 'off' ? [] : await this.openEngines(1);
    const probes = watchProbes({ inputs, prepared, judges, scorer: workspace.scorer, engine });
    const results = await Promise.all(
      arms.map(async (name, at) => {
        // The first arm takes the engines that sampled the pairs; each engine costs memory.
        if (isBaseline(name)) return [name, await runBaseline(workspace, this.baseline(name, prepared))];
        const engines = at === 0 ? idle : await this.openEngines();
        return [name, await runArm(workspace, { ...this.plan(name, prepared), probes, engines })];
      }),
    );
    return Object.fromEntries(results) as Partial<Record<ArmName, ArmResult>>;
  }

  private plan(name: ArmName, prepared: PreparedRun): Omit<ArmPlan, 'engines' | 'probes'> {
    const { arms, inputs, options, rubrics, workspace, metrics } = this.parts;
    const { checkpoint, sampling, prompts, rewards } = prepared;
    const runId = armRunId(this.runId, arms, name);
    const { swap, watch = DEFAULT_WATCH } = inputs.config;
    const labels = name === 'placebo' ? 'shuffled' : 'judged';
    const { refreshEvery } = inputs.config.rewardModel;
    return {
      runId,
      name,
      config: inputs.config,
      checkpoint,
      sampling,
      prompts,
      rewardSources: rewards.sources(labels, (preferences) =>
        workspace.ledger.recordPreferences(runId, preferences),
      ),
      rewardRefresh:
        refreshEvery === undefined
          ? undefined
          : rewards.refreshing(labels, refreshEvery, (preferences) =>
              recordNewPreferences(workspace.ledger, runId, preferences),
            ),
      rubricHash: rubrics.first.hash,
      // The placebo's reward means nothing by design, so that nothing it is gamed in is a reason to stop.
      watch: name === 'placebo' ? watchedOnly(watch) : watch,
      ...(name === 'swapped' && swap !== undefined
        ? { swap: { rubricHash: rubricsAfter(name, rubrics).hash, iteration: swap.iteration } }
        : {}),
      directory: join(this.directory, name),
      metrics,
      onProgress: options.onProgress,
      signal: options.signal,
    };
  }

  private baseline(name: BaselineName, { checkpoint, rewards }: PreparedRun): BaselinePlan {
    const { arms, inputs, options, rubrics, workspace } = this.parts;
    const runId = armRunId(this.runId, arms, name);
    const rubricHash = rubrics.first.hash;
    return {
      ...{ runId, name, config: inputs.config, checkpoint, rubricHash },
      pairs: async () => {
        const { preferences } = await rewards.reward(rubricHash, 'judged');
        await workspace.ledger.recordPreferences(runId, preferences);
        return rewards.lessons(rubricHash);
      },
      directory: join(this.directory, name),
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
    const write = (path: string, text: string): Promise<void> => writeDurably(path, Buffer.from(text));
    await write(reportPath, htmlReport(data));
    await write(join(this.directory, 'report.txt'), `${reportText}\n`);
    await write(samplesPath, samplesFile(results));
    // Last, since a run that has its summary has ended.
    await write(join(this.directory, 'summary.json'), `${JSON.stringify(summary, undefined, 2)}\n`);
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
    ...(data.groups.length === 0 ? {} : { groups: data.groups }),
    ...(data.comparison === undefined ? {} : { comparison: data.comparison }),
    ...(data.rewardModelAccuracy === undefined ? {} : { rewardModelAccuracy: data.rewardModelAccuracy }),
    controlJudgeAccuracy: Object.fromEntries(
      [...judges].map(([id, judge]) => [id, goldAccuracy(judge, goldOf(id))]),
    ),
    rubricHashes: Object.fromEntries(rubricsOf(rubrics).map(({ id, hash }) => [id, hash])),
    ...(ratios.length === 0
      ? {}
      : { ratioFirstMinibatch: { low: Math.min(...ratios), high: Math.max(...ratios) } }),
    peakMemoryBytes: data.peakMemoryBytes,
  };
}
