import { join } from 'node:path';
import type { ArtifactStore } from '../core/artifacts/artifact-store.js';
import type { Bus } from '../core/bus/bus.js';
import { rolloutQueueNames, rolloutQueues } from '../core/bus/subjects.js';
import { DEFAULT_HEALTH } from '../core/config/health-options.js';
import type { HealthOptions } from '../core/config/health-options.js';
import { DEFAULT_WATCH } from '../core/config/watch-options.js';
import type { WatchOptions } from '../core/config/watch-options.js';
import type { Run } from '../core/domain/run.js';
import type { Locale } from '../core/domain/prompt.js';
import type { SamplingSettings } from '../core/domain/trajectory.js';
import type { PolicyAnnouncer } from '../core/engine/policy-locator.js';
import type { Ledger } from '../core/ledger/ledger.js';
import { adaptiveKlController, fixedKlController } from '../core/math/kl-controller.js';
import type { KlController } from '../core/math/kl-controller.js';
import { createRng } from '../core/math/rng.js';
import type { Rng } from '../core/math/rng.js';
import type { Clock } from '../core/runtime/clock.js';
import type { FreeSpace } from '../core/runtime/free-space.js';
import type { Scorer } from '../core/scorer/scorer.js';
import type { Tracer } from '../core/telemetry/tracing/tracer.js';
import type { Trainer } from '../core/trainer/trainer.js';
import type { AlgorithmOptions, KlOptions } from './algorithm-options.js';
import { Checkpoints } from './checkpoint/checkpoints.js';
import type { CheckpointOptions } from './checkpoint/checkpoints.js';
import { IterationBoundary } from './boundary.js';
import { ControlEvents } from './control-events.js';
import { Coordinator } from './coordinator.js';
import { createDispatch } from './dispatch/create-dispatch.js';
import type { DispatcherOptions } from './dispatch/dispatcher.js';
import { Evaluator } from './evaluate/evaluator.js';
import { createRunModels, modelSeed } from './models/run-models.js';
import { HealthGuard } from './health/health-guard.js';
import { RunHealth } from './health/run-health.js';
import { PolicyRegistry } from './policy/policy-registry.js';
import { PromptSchedule } from './prompts/prompt-schedule.js';
import type { PromptSource } from './prompts/prompt-source.js';
import { ModelRecovery } from './recovery/model-recovery.js';
import type { ModelRecoveryOptions } from './recovery/model-recovery.js';
import { RunAlarms } from './run-alarms.js';
import type { RunObserver } from './run-observer.js';
import { LOCKSTEP } from './schedule/schedule-options.js';
import type { Schedule } from './schedule/schedule-options.js';
import type { RewardRefresh, RewardSources } from './score/reward-source.js';
import { ShadowRubric } from './shadow/shadow-rubric.js';
import { UpdateJournal } from './update/update-journal.js';
import { Updater } from './update/updater.js';
import { RewardWatch } from './watch/reward-watch.js';
import type { WatchProbes } from './watch/reward-watch.js';

/** The plugs of a coordinator. It closes none of them. */
export interface CoordinatorPorts {
  readonly bus: Bus;
  readonly ledger: Ledger;
  readonly artifacts: ArtifactStore;
  readonly trainer: Trainer;
  readonly scorer: Scorer;
  readonly rewardSources: RewardSources;
  /** Retrains the reward on the current policy; never without it. */
  readonly rewardRefresh?: RewardRefresh | undefined;
  readonly prompts: PromptSource;
  readonly policyAnnouncer: PolicyAnnouncer;
  readonly clock: Clock;
  readonly observer: RunObserver;
  /** Traces nothing unless told. */
  readonly tracer?: Tracer;
  readonly freeSpace: FreeSpace;
  /** What the reward watch holds beside the run; without them it looks at the batch alone. */
  readonly probes?: WatchProbes;
}

export interface CoordinatorSettings {
  /** As the ledger has it, with the epoch of this start. */
  readonly run: Pick<Run, 'id' | 'seed' | 'epoch'>;
  readonly algorithm: AlgorithmOptions;
  /** Lockstep unless told. */
  readonly schedule?: Schedule;
  readonly sampling: SamplingSettings;
  /** The supervised checkpoint, a Hugging Face directory: policy, reference and critic start from it. */
  readonly baseModel: string;
  readonly rubricHash: string;
  /** Those that take turns in every iteration, where there are several. */
  readonly locales?: readonly Locale[];
  /** The pool of workers that samples for it; one of its own unless told. */
  readonly pool?: string;
  /** Results of engines with another fingerprint are refused. */
  readonly engineFingerprint: string;
  readonly policyDirectory: string;
  readonly checkpoints: CheckpointSettings;
  /** When the run pauses itself; the defaults unless told. */
  readonly health?: HealthOptions;
  /** What is watched of the reward, and when that pauses the run; the defaults unless told. */
  readonly watch?: WatchOptions;
  /** A path on the volume that the run writes to. */
  readonly workspace: string;
  /** Lease of a task or result on the bus. */
  readonly ackWaitMs?: number;
  /** Tasks, and results, that travel as one message of the bus; 1 unless told. */
  readonly parcelSize?: number;
  /** How long a task may be away from the queue before it is issued again; two minutes unless told. */
  readonly reissueAfterMs?: number;
  /** How long the queue may be empty, with tasks outstanding, before that is taken for a loss; ten seconds unless told. */
  readonly starvedAfterMs?: number;
  /** Issues of one task after which the run fails; 5 unless told. */
  readonly maxIssues?: number;
}

/** Where and how often a run saves itself. */
export type CheckpointSettings = Pick<CheckpointOptions, 'directory' | 'every' | 'keep'>;

/** Declares the run's queues, creates its models and wires the coordinator. All randomness comes from the run's seed. */
export async function createCoordinator(
  ports: CoordinatorPorts,
  settings: CoordinatorSettings,
): Promise<Coordinator> {
  const { bus, ledger, artifacts, trainer, clock, observer } = ports;
  const { run, algorithm, sampling, rubricHash, schedule = LOCKSTEP } = settings;
  const rng = createRng(run.seed);
  const prompts = await ports.prompts.prompts();
  const { promptsPerIteration } = algorithm;
  const order = new PromptSchedule(prompts, promptsPerIteration, rng.fork('prompts'), settings.locales);
  const dispatching = dispatcherOptions(ports, settings, { schedule: order, rng: rng.fork('rollouts') });
  const { dispatcher, scorer } = createDispatch({ ...ports, schedule, algorithm }, dispatching);
  for (const queue of rolloutQueues(settings.pool ?? run.id, settings)) await bus.declareQueue(queue);
  const session = { run: run.id, epoch: run.epoch };
  const spec = { base: settings.baseModel, seed: modelSeed(run.seed), algorithm };
  const models = await createRunModels(trainer, session, spec);
  const policies = new PolicyRegistry({
    run: run.id,
    model: models.policy,
    ledger,
    announcer: ports.policyAnnouncer,
    directory: settings.policyDirectory,
  });
  const checkpoints = new Checkpoints({
    run: run.id,
    epoch: run.epoch,
    models,
    ledger,
    ...settings.checkpoints,
    // What an async iteration did cannot be done again, so there is a checkpoint after each.
    ...(schedule.kind === 'async' ? { every: 1 } : {}),
    rngSeed: run.seed,
  });
  const health = createHealth(ports.freeSpace, settings, () => policies.bytes + checkpoints.bytes);
  const control = new ControlEvents(ledger, run.id);
  const { rewardSources } = ports;
  const alarms = new RunAlarms(run.id, ledger, observer);
  const { rewardClip } = algorithm;
  const candidate = { run: run.id, ledger, control, rewardSources, scorer: ports.scorer, alarms, rewardClip };
  const shadow = new ShadowRubric(candidate);
  const standing = { models, policies, checkpoints, control, alarms };
  const recovery = createRecovery(ports, settings, standing);
  const boundary = new IterationBoundary({
    ...{ run: run.id, algorithm, ledger, rewardSources, refresh: ports.rewardRefresh },
    ...{ ...standing, recovery, health, shadow },
    withdrawTasks: () => dispatcher.withdraw(),
  });
  const components = {
    boundary,
    dispatcher,
    scorer,
    shadow,
    rewardSources,
    models,
    recovery,
    evaluator: new Evaluator(models),
    updater: new Updater(models, algorithm, rng.fork('minibatches')),
    journal: new UpdateJournal(artifacts),
    checkpoints,
    rewardWatch: createRewardWatch(ports, settings),
    health,
    policies,
    ledger,
    clock,
    observer,
    alarms,
  };
  const klController = initialKlController(algorithm.kl);
  const { maxNewTokens } = sampling;
  return new Coordinator(components, { run: run.id, algorithm, maxNewTokens, rubricHash, klController });
}

function createRecovery(
  { trainer, ledger, artifacts }: CoordinatorPorts,
  { run, checkpoints: { directory } }: CoordinatorSettings,
  standing: Pick<ModelRecoveryOptions, 'models' | 'control' | 'alarms'> & {
    readonly policies: PolicyRegistry;
    readonly checkpoints: Checkpoints;
  },
): ModelRecovery {
  const { policies, checkpoints } = standing;
  return new ModelRecovery({
    ...{ ...standing, run, trainer, ledger, artifacts, checkpointsEvery: checkpoints.every },
    scratch: join(directory, `recovery-epoch-${run.epoch}`),
    discardUnrecorded: async () => {
      await policies.discardUnrecorded();
      await checkpoints.prune();
    },
  });
}

function dispatcherOptions(
  { bus, ledger, artifacts, clock, observer, tracer }: CoordinatorPorts,
  { run, algorithm, sampling, engineFingerprint, pool, ...limits }: CoordinatorSettings,
  { schedule, rng }: { readonly schedule: PromptSchedule; readonly rng: Rng },
): DispatcherOptions {
  return {
    bus,
    ledger,
    artifacts,
    clock,
    observer,
    ...(tracer === undefined ? {} : { tracer }),
    schedule,
    tasks: { run: run.id, groupSize: algorithm.groupSize, sampling, rng },
    queues: rolloutQueueNames(pool ?? run.id),
    engineFingerprint,
    reissueAfterMs: limits.reissueAfterMs ?? 120_000,
    starvedAfterMs: limits.starvedAfterMs ?? 10_000,
    maxIssues: limits.maxIssues ?? 5,
  };
}

function createHealth(
  freeSpace: FreeSpace,
  { run, algorithm, health = DEFAULT_HEALTH, watch = DEFAULT_WATCH, workspace }: CoordinatorSettings,
  iterationBytes: () => number,
): RunHealth {
  const { kl, excludedShareAlarm } = algorithm;
  const guard = new HealthGuard(health, { run: run.id, klTarget: kl.target, excludedShareAlarm, watch });
  return new RunHealth({ guard, freeSpace, path: workspace, iterationBytes });
}

function createRewardWatch(
  { scorer, probes = {} }: CoordinatorPorts,
  { watch: options = DEFAULT_WATCH }: CoordinatorSettings,
): RewardWatch {
  return new RewardWatch({ scorer, probes, options });
}

function initialKlController({ initial, target, horizon }: KlOptions): KlController {
  if (target === undefined || horizon === undefined) return fixedKlController(initial);
  return adaptiveKlController({ initial, target, horizon });
}
