import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { rolloutQueueNames } from '../../core/bus/subjects.js';
import type { RunConfig } from '../../core/config/run-config.js';
import { localesOf } from '../../core/config/run-locales.js';
import type { WatchOptions } from '../../core/config/watch-options.js';
import type { PolicyVersion } from '../../core/domain/policy.js';
import type { RunEvent } from '../../core/domain/run.js';
import type { TokenizedPrompt } from '../../core/domain/prompt.js';
import type { SamplingSettings } from '../../core/domain/trajectory.js';
import type { Engine } from '../../core/engine/engine.js';
import { MemoryPolicies } from '../../core/engine/memory-policies.js';
import type { PolicyAnnouncer } from '../../core/engine/policy-locator.js';
import { hasEnded } from '../../core/domain/run-state.js';
import { MajlisError } from '../../core/errors.js';
import { eventsAfter } from '../../core/ledger/events-after.js';
import type { IterationRecord, Ledger } from '../../core/ledger/ledger.js';
import { systemFreeSpace } from '../../core/runtime/free-space.js';
import { ObservedEngine } from '../../core/telemetry/observed-engine.js';
import { compileAlgorithm } from '../../coordinator/algorithm-options.js';
import type { DemandingRun } from '../../coordinator/demand/run-demand.js';
import { WORKERS_FAULT } from '../../coordinator/dispatch/refusal.js';
import { createCoordinator } from '../../coordinator/create-coordinator.js';
import { takeTurn } from '../../coordinator/fleet/take-turn.js';
import type { IterationFinished } from '../../coordinator/run-observer.js';
import { compileSchedule } from '../../coordinator/schedule/schedule-options.js';
import type { RewardRefresh, RewardSources } from '../../coordinator/score/reward-source.js';
import type { WatchProbes } from '../../coordinator/watch/reward-watch.js';
import type { AnswerDecoder } from '../../workers/rollout/answer-task.js';
import { RolloutWorker } from '../../workers/rollout/rollout-worker.js';
import { allRunObservers } from '../telemetry/all-run-observers.js';
import { workerMetricsObserver } from '../telemetry/worker-metrics-observer.js';
import { runLogObserver, workerLogObserver } from '../telemetry/run-log-observer.js';
import { runMetricsObserver } from '../telemetry/run-metrics-observer.js';
import type { ArmServices } from './arm-services.js';
import { openRunMetrics, type MetricsPlan } from './run-metrics.js';
import { shadowSummaries, type ShadowSummary } from './shadow-summary.js';
import type { SupervisedCheckpoint } from './supervised-checkpoint.js';
import type { ProgressListener } from './progress.js';

export interface ArmPlan {
  readonly runId: string;
  readonly name: string;
  readonly config: RunConfig;
  readonly checkpoint: Pick<SupervisedCheckpoint, 'policy'> & { readonly tokenizer: AnswerDecoder };
  readonly prompts: readonly TokenizedPrompt[];
  readonly sampling: SamplingSettings;
  readonly rewardSources: RewardSources;
  readonly rewardRefresh?: RewardRefresh | undefined;
  readonly rubricHash: string;
  readonly watch: WatchOptions;
  readonly probes: WatchProbes;
  /** A rubric to swap in while the arm runs. */
  readonly swap?: { readonly rubricHash: string; readonly iteration: number };
  /** One rollout worker for each; the arm closes none. */
  readonly engines: readonly Engine[];
  /** Policies and checkpoints are saved here. */
  readonly directory: string;
  /** Where figures go besides the ledger. */
  readonly metrics: MetricsPlan;
  readonly onProgress: ProgressListener;
  readonly signal: AbortSignal;
}

export interface ArmResult {
  readonly runId: string;
  readonly policy: PolicyVersion;
  readonly iterations: readonly IterationRecord[];
  /** Candidates that were scored beside the rubric in force. */
  readonly shadows: readonly ShadowSummary[];
}

const HEARTBEAT_MS = 5000;
const RETRY_MS = 200;
/** How long a run may have no worker before a person is told. */
const ALONE_MS = 15_000;

/**
 * Runs one arm that the ledger has to its last iteration: a coordinator and its rollout workers. One that was begun goes
 * on from where it was; one that has ended is only looked up.
 */
export async function runArm(services: ArmServices, plan: ArmPlan): Promise<ArmResult> {
  const { ledger } = services;
  const { runId } = plan;
  const run = await ledger.getRun(runId);
  if (run === undefined) throw new MajlisError(`run ${runId} is not in the ledger`, { code: 'not_found' });
  await requestSwap(ledger, plan);
  if (!hasEnded(run.state)) await driveVisibly(services, plan);
  const versions = await ledger.policyVersions(runId);
  await prunePolicies(join(plan.directory, 'policies'), versions);
  const policy = versions.at(-1);
  if (policy === undefined) {
    throw new MajlisError(`run ${runId} ended before its first policy`, { code: 'failed_precondition' });
  }
  const [iterations, shadows] = [await ledger.iterations(runId), await shadowsOf(ledger, runId)];
  return { runId, policy, iterations, shadows };
}

async function shadowsOf(ledger: Ledger, runId: string): Promise<ShadowSummary[]> {
  const events: RunEvent[] = [];
  for await (const event of eventsAfter(ledger, runId, 0)) events.push(event);
  return shadowSummaries(events);
}

/** Asks for the planned swap, once: a run may have been interrupted between its creation and this. */
async function requestSwap(ledger: Ledger, { runId, swap }: ArmPlan): Promise<void> {
  if (swap === undefined) return;
  const asked = await ledger.controlEvents(runId);
  if (asked.some(({ event }) => event.kind === 'swap_rubric' && event.iteration === swap.iteration)) return;
  await ledger.requestControl(runId, { kind: 'swap_rubric', ...swap });
}

/** For as long as it runs, people can steer it. */
async function driveVisibly(services: ArmServices, plan: ArmPlan): Promise<void> {
  services.atWork.add(plan.runId);
  try {
    await driveInTurn(services, plan);
  } finally {
    services.atWork.delete(plan.runId);
  }
}

/** A fleet's pool samples for one run at a time. One that is cancelled while it waits leaves the policy that it began with. */
async function driveInTurn(services: ArmServices, plan: ArmPlan): Promise<void> {
  const { fleet, ledger } = services;
  const { runId: run, checkpoint, rubricHash, signal } = plan;
  if (fleet === undefined) return drive(services, plan);
  const leave = await takeTurn({ turns: fleet.turns, ledger, run }, signal);
  if (leave === 'cancelled') {
    const isNew = (await ledger.policyVersions(run)).length === 0;
    if (isNew) await ledger.recordPolicyVersion(run, checkpoint.policy, rubricHash);
    return;
  }
  try {
    await drive(services, plan);
  } finally {
    leave();
  }
}

async function drive(services: ArmServices, plan: ArmPlan): Promise<void> {
  const { ledger, logger, clock, demand, fleet } = services;
  const { runId, name, config } = plan;
  const pool = fleet?.pool ?? runId;
  const metrics = await openRunMetrics(services, plan);
  const epoch = await ledger.beginEpoch(runId);
  const sampling = samplingOf(services, plan);
  const coordinator = await createCoordinator(
    {
      ...services,
      rewardSources: plan.rewardSources,
      rewardRefresh: plan.rewardRefresh,
      probes: plan.probes,
      prompts: { prompts: async () => plan.prompts },
      policyAnnouncer: sampling.announcer,
      freeSpace: systemFreeSpace,
      observer: allRunObservers(
        {
          iterationFinished: (event) => {
            metrics.write(event.iteration, event.metrics, clock.now());
            demand.progress(runId, event.iteration + 1);
            plan.onProgress(progressOf(name, event));
          },
        },
        {
          resultRefused: ({ reason }, worker) => {
            if (worker !== undefined && WORKERS_FAULT.includes(reason)) fleet?.registry.resultRefused(worker);
          },
        },
        runLogObserver(logger, runId),
        runMetricsObserver(services.metrics, pool),
      ),
    },
    {
      run: { id: runId, seed: config.seed, epoch },
      algorithm: compileAlgorithm(config.algorithm),
      schedule: compileSchedule(config),
      sampling: plan.sampling,
      baseModel: plan.checkpoint.policy.location,
      rubricHash: plan.rubricHash,
      locales: localesOf(config).map(({ locale }) => locale),
      ...(fleet === undefined ? {} : { pool: fleet.pool, parcelSize: fleet.parcelSize }),
      engineFingerprint: plan.engines[0].fingerprint,
      policyDirectory: join(plan.directory, 'policies'),
      checkpoints: { ...config.checkpoints, directory: join(plan.directory, 'checkpoints') },
      health: config.health,
      watch: plan.watch,
      workspace: plan.directory,
    },
  );
  const workers = sampling.workers();
  const working = workers.map((worker) => worker.run(plan.signal));
  demand.begin(await demandOf(ledger, plan, pool));
  try {
    await Promise.race([coordinator.run(plan.signal), failureOf(working)]);
    await coordinator.release();
  } finally {
    await metrics.finish();
    sampling.end();
    demand.end(runId);
    for (const worker of workers) worker.drain();
    await Promise.allSettled(working);
  }
}

/** Who samples for an arm, and hears of its policies: the fleet where there is one, else a worker for each engine. */
function samplingOf(
  services: ArmServices,
  plan: ArmPlan,
): { readonly announcer: PolicyAnnouncer; workers(): readonly RolloutWorker[]; end(): void } {
  const { fleet, clock, logger } = services;
  if (fleet === undefined) {
    const policies = new MemoryPolicies();
    const workers = (): RolloutWorker[] =>
      plan.engines.map((engine) => rolloutWorker(engine, services, { policies, plan }));
    return { announcer: policies, workers, end: () => undefined };
  }
  fleet.registry.serve({
    run: plan.runId,
    engineFingerprint: plan.engines[0].fingerprint,
    tokenizerHash: plan.checkpoint.tokenizer.hash,
    contextLength: plan.config.model.contextLength,
  });
  const cancel = clock.alarm(ALONE_MS, () => {
    if (fleet.registry.status().workers.length > 0) return;
    const next = '"majlis worker rollout --bus URL" starts one';
    logger.warn(`no worker is attached to pool ${fleet.pool}, so tasks wait; ${next}`, { run: plan.runId });
  });
  const end = (): void => {
    cancel();
    fleet.registry.serve(undefined);
  };
  return { announcer: fleet.policiesOf(plan.runId), workers: () => [], end };
}

/** One iteration's groups are out at a time, under either schedule. */
async function demandOf(
  ledger: Ledger,
  { runId: run, config }: ArmPlan,
  pool: string,
): Promise<DemandingRun> {
  const { promptsPerIteration: perIteration, iterations } = compileAlgorithm(config.algorithm);
  const finished = (await ledger.iterations(run)).length;
  return { run, pool, window: perIteration, perIteration, iterations, finished };
}

function rolloutWorker(
  engine: Engine,
  { bus, clock, logger, metrics, tracer }: ArmServices,
  { policies, plan }: { policies: MemoryPolicies; plan: ArmPlan },
): RolloutWorker {
  return new RolloutWorker({
    bus,
    queues: rolloutQueueNames(plan.runId),
    engine: new ObservedEngine(engine, { clock, metrics, tracer }),
    tracer,
    policies,
    decoderOf: async () => plan.checkpoint.tokenizer,
    clock,
    slots: 1,
    heartbeatMs: HEARTBEAT_MS,
    retryDelayMs: RETRY_MS,
    observer: {
      ...workerMetricsObserver(metrics),
      ...workerLogObserver(logger, plan.runId),
    },
  });
}

/**
 * Removes the versions between the first, which `eval` measures against, and the last: each is a whole model on disk.
 * Only folders that the ledger names as such a version are touched.
 */
async function prunePolicies(directory: string, versions: readonly PolicyVersion[]): Promise<void> {
  const kept = [versions.at(0), versions.at(-1)].map((version) => version?.location);
  for (const { location } of versions) {
    const isOurs = dirname(resolve(location)) === resolve(directory);
    if (isOurs && !kept.includes(location)) await rm(location, { recursive: true, force: true });
  }
}

/** Rejects when a worker fails; a worker that drains never settles it. */
function failureOf(working: readonly Promise<void>[]): Promise<never> {
  return new Promise((_, reject) => {
    for (const work of working) work.catch(reject);
  });
}

function progressOf(
  name: string,
  { iteration, iterations, metrics }: IterationFinished,
): Parameters<ProgressListener>[0] {
  const score = metrics['objective/scores'];
  const kl = metrics['objective/kl'];
  const note = [
    ...(score === undefined ? [] : [`reward ${score.toFixed(2)}`]),
    ...(kl === undefined ? [] : [`KL ${kl.toFixed(2)}`]),
  ].join(', ');
  return { stage: `PPO ${name}`, done: iteration + 1, all: iterations, unit: 'iterations', note };
}
