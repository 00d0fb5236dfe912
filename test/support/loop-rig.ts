import { MemoryBus } from '../../core/bus/memory-bus.js';
import { rolloutQueueNames } from '../../core/bus/subjects.js';
import { allRunObservers } from '../../cli/telemetry/all-run-observers.js';
import { runLogObserver, workerLogObserver } from '../../cli/telemetry/run-log-observer.js';
import { runMetricsObserver } from '../../cli/telemetry/run-metrics-observer.js';
import { workerMetricsObserver } from '../../cli/telemetry/worker-metrics-observer.js';
import type { Bus } from '../../core/bus/bus.js';
import { DEFAULT_HEALTH } from '../../core/config/health-options.js';
import type { HealthOptions } from '../../core/config/health-options.js';
import { DEFAULT_WATCH, watchedOnly } from '../../core/config/watch-options.js';
import type { WatchOptions } from '../../core/config/watch-options.js';
import type { TokenizedPrompt } from '../../core/domain/prompt.js';
import type { RunState } from '../../core/domain/run-state.js';
import type { SamplingSettings } from '../../core/domain/trajectory.js';
import type { Engine } from '../../core/engine/engine.js';
import { MemoryPolicies } from '../../core/engine/memory-policies.js';
import { MemoryLedger } from '../../core/ledger/memory-ledger.js';
import { systemClock } from '../../core/runtime/clock.js';
import type { Logger } from '../../core/telemetry/logger.js';
import { RecordingLogger } from '../../core/telemetry/recording-logger.js';
import { busMetrics } from '../../core/telemetry/metrics/bus-metrics.js';
import { ProcessRegistry } from '../../core/telemetry/metrics/process-registry.js';
import { ObservedEngine } from '../../core/telemetry/observed-engine.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import type { Trainer } from '../../core/trainer/trainer.js';
import { compileAlgorithm } from '../../coordinator/algorithm-options.js';
import type { AlgorithmChoice } from '../../coordinator/algorithm-options.js';
import type { RunEnd } from '../../coordinator/coordinator.js';
import { createCoordinator } from '../../coordinator/create-coordinator.js';
import type { CheckpointSettings } from '../../coordinator/create-coordinator.js';
import type { IterationFinished, RunAlarm } from '../../coordinator/run-observer.js';
import type { Schedule } from '../../coordinator/schedule/schedule-options.js';
import type { WatchProbes } from '../../coordinator/watch/reward-watch.js';
import { RolloutWorker } from '../../workers/rollout/rollout-worker.js';
import { aPrompt } from './builders.js';
import { FakeEngine } from './fake-engine.js';
import { FakeScorer, scored } from './fake-scorer.js';
import type { ScoreAnswer } from './fake-scorer.js';
import { FakeTrainer } from './fake-trainer.js';
import type { SavedFakeModels } from './fake-trainer.js';
import { MemoryArtifacts } from '../../core/artifacts/memory-artifacts.js';
import type { PublishedModels } from './unigram-model.js';
import { until } from './until.js';

const VOCABULARY = 8;
/** The token that the default scorer pays for. */
export const WANTED_TOKEN = 5;

const ASKED = {
  prompts: Array.from({ length: 6 }, (_, at) => [1, 2 + (at % 3)]),
  sampling: { maxNewTokens: 5, temperature: 1, stopTokenIds: [0] },
};

/** The unigram policy's entropy does collapse, in good health. */
const NEVER_PAUSES: HealthOptions = { ...DEFAULT_HEALTH, entropyShare: 'off', klBudget: 'off' };
const UNWATCHED = { watch: watchedOnly(DEFAULT_WATCH), probes: (): WatchProbes => ({}) };
const NO_CHECKPOINTS: CheckpointSettings = { directory: 'checkpoints', every: Infinity, keep: 1 };

export interface LoopRigOptions {
  readonly run?: string;
  readonly seed?: number;
  readonly workers?: number;
  readonly algorithm?: AlgorithmChoice;
  readonly schedule?: Schedule;
  readonly scoreAnswer?: ScoreAnswer;
  readonly reissueAfterMs?: number;
  readonly ackWaitMs?: number;
  readonly sampling?: SamplingSettings;
  /** Token ids of the prompts. */
  readonly prompts?: readonly (readonly number[])[];
  /** Never pauses, unless told. */
  readonly health?: HealthOptions;
  /** Watches, and never pauses, unless told. */
  readonly watch?: WatchOptions;
  /** What the watch holds beside the run; `published` has the policies that it is asked about. */
  readonly probes?: (published: PublishedModels) => WatchProbes;
  /** Absent: the run never saves itself. */
  readonly checkpoints?: CheckpointSettings;
  /** Of the coordinator, and of the workers as if they were another process. */
  readonly tracers?: { readonly coordinator: Tracer; readonly worker: Tracer };
  /** What is counted, of coordinator, workers and bus. */
  readonly metrics?: ProcessRegistry;
  /** Takes lines, and begins the text of every prompt and answer. */
  readonly logged?: { readonly logger: Logger; readonly marker: string };
  /** A real trainer and engines, instead of the unigram model. */
  readonly stack?: LoopStack;
}

/** Where the loop's numbers come from. */
export interface LoopStack {
  readonly trainer: Trainer;
  readonly engines: readonly Engine[];
  readonly baseModel: string;
  readonly policyDirectory: string;
}

/** What is left of a run when its process is gone. */
class Durable {
  readonly published: PublishedModels = new Map();
  readonly saved: SavedFakeModels = new Map();
  readonly ledger = new MemoryLedger(systemClock);
  readonly artifacts = new MemoryArtifacts();
}

/** The whole loop in one process, over the unigram model: real bus, ledger, coordinator and workers. */
export class LoopRig {
  readonly published: PublishedModels;
  readonly bus: Bus;
  readonly ledger: MemoryLedger;
  readonly artifacts: MemoryArtifacts;
  readonly trainer: FakeTrainer;
  readonly policies = new MemoryPolicies();
  readonly scorer: FakeScorer;
  readonly engines: FakeEngine[];
  readonly alarms: RunAlarm[] = [];
  readonly iterations: IterationFinished[] = [];
  readonly run: string;
  private readonly metrics: ProcessRegistry;
  private readonly logger: Logger;
  private readonly marker: string;
  private readonly tracers: NonNullable<LoopRigOptions['tracers']>;
  /** Called before a rubric's reward is there; throws where it cannot be had. */
  readying: (rubricHash: string) => Promise<void> = async () => undefined;
  /** Rubrics of the rewards that were kept at each boundary, and at the end. */
  readonly kept: (readonly string[])[] = [];
  /** Of the volume that the run writes to. */
  freeBytes = Infinity;

  constructor(
    private readonly options: LoopRigOptions = {},
    private readonly durable = new Durable(),
  ) {
    const { published, saved, ledger, artifacts } = durable;
    this.published = published;
    this.ledger = ledger;
    this.artifacts = artifacts;
    this.trainer = new FakeTrainer({ vocabSize: VOCABULARY, published, saved });
    this.logger = options.logged?.logger ?? new RecordingLogger();
    this.marker = options.logged?.marker ?? '';
    this.metrics = options.metrics ?? new ProcessRegistry();
    this.bus = new MemoryBus(systemClock, busMetrics(this.metrics));
    this.tracers = options.tracers ?? { coordinator: NO_TRACING, worker: NO_TRACING };
    this.run = options.run ?? 'run';
    this.scorer = new FakeScorer(
      options.scoreAnswer ?? ((tokenIds) => scored(tokenIds.filter((id) => id === WANTED_TOKEN).length)),
    );
    this.engines = Array.from({ length: options.workers ?? 1 }, () => new FakeEngine(this.published));
  }

  /** The same run in another process: its ledger and files are there, all else begins anew. */
  restarted(): LoopRig {
    return new LoopRig(this.options, this.durable);
  }

  /** Resolves once the run is in this state. */
  async reached(state: RunState): Promise<void> {
    const { ledger, run } = this;
    await until(`the run is ${state}`, async () => (await ledger.getRun(run))?.state === state);
  }

  /** A worker on this engine; `bus` may be one that fails. */
  worker(engine: Engine, bus: Bus = this.bus): RolloutWorker {
    const tracer = this.tracers.worker;
    return new RolloutWorker({
      bus,
      tracer,
      queues: rolloutQueueNames(this.run),
      engine: new ObservedEngine(engine, { tracer, clock: systemClock, metrics: this.metrics }),
      policies: this.policies,
      decoderOf: async () => ({
        hash: 'tokenizer',
        decodeAnswer: (ids) => ({ text: `${this.marker}${[...ids].join(' ')}` }),
      }),
      clock: systemClock,
      slots: 1,
      heartbeatMs: 1000,
      retryDelayMs: 5,
      observer: { ...workerMetricsObserver(this.metrics), ...workerLogObserver(this.logger, this.run) },
    });
  }

  /** Runs coordinator and workers to the coordinator's end, then drains the workers. */
  async play(signal: AbortSignal = new AbortController().signal): Promise<RunEnd> {
    const coordinator = await this.coordinator();
    const engines = this.options.stack?.engines ?? this.engines;
    return this.driven(
      coordinator.run(signal),
      engines.map((engine) => this.worker(engine)),
    );
  }

  /** The same with a worker that is expected to fail; the rig's own worker joins once it has. */
  async playAfter(victim: RolloutWorker): Promise<RunEnd> {
    const coordinator = await this.coordinator();
    const running = coordinator.run(new AbortController().signal);
    await expect(victim.run(new AbortController().signal)).rejects.toThrow();
    return this.driven(
      running,
      this.engines.map((engine) => this.worker(engine)),
    );
  }

  private async driven(running: Promise<RunEnd>, workers: readonly RolloutWorker[]): Promise<RunEnd> {
    const working = workers.map((worker) => worker.run(new AbortController().signal));
    try {
      return await running;
    } finally {
      for (const worker of workers) worker.drain();
      await Promise.all(working);
    }
  }

  private async coordinator(): ReturnType<typeof createCoordinator> {
    const { run, options, bus, ledger, artifacts, scorer } = this;
    const { stack } = options;
    const seed = options.seed ?? 11;
    const known = await ledger.getRun(run);
    if (known === undefined) await this.create();
    const epoch = await ledger.beginEpoch(run);
    const asked = { ...ASKED, checkpoints: NO_CHECKPOINTS, health: NEVER_PAUSES, ...UNWATCHED, ...options };
    const prompts = asked.prompts.map((tokenIds, at) => this.prompt(`p${at}`, tokenIds));
    return createCoordinator(
      {
        bus,
        ledger,
        artifacts,
        trainer: stack?.trainer ?? this.trainer,
        tracer: this.tracers.coordinator,
        scorer,
        rewardSources: {
          activate: async (rubricHash) => {
            await this.readying(rubricHash);
            return { rubricId: rubricHash, rubricHash, rewardModelHash: `model of ${rubricHash}`, floor: -3 };
          },
          keep: async (rewards) => {
            this.kept.push(rewards.map(({ rubricHash }) => rubricHash));
          },
        },
        prompts: { prompts: async () => prompts },
        policyAnnouncer: this.policies,
        clock: systemClock,
        freeSpace: { freeBytes: async () => this.freeBytes },
        probes: asked.probes(this.published),
        observer: allRunObservers(
          {
            alarm: (alarm) => this.alarms.push(alarm),
            iterationFinished: (event) => this.iterations.push(event),
          },
          runLogObserver(this.logger, run),
          runMetricsObserver(this.metrics, run),
        ),
      },
      {
        run: { id: run, seed, epoch },
        algorithm: compileAlgorithm({
          iterations: 6,
          promptsPerIteration: 4,
          groupSize: 4,
          criticWarmupIterations: 1,
          policyLearningRate: 2,
          criticLearningRate: 0.3,
          ...options.algorithm,
          kl: { initial: 0.01, ...options.algorithm?.kl },
        }),
        ...(options.schedule === undefined ? {} : { schedule: options.schedule }),
        sampling: asked.sampling,
        baseModel: stack?.baseModel ?? 'base',
        rubricHash: 'rubric-a',
        engineFingerprint: (stack?.engines ?? this.engines)[0].fingerprint,
        policyDirectory: stack?.policyDirectory ?? 'policies',
        checkpoints: asked.checkpoints,
        health: asked.health,
        watch: asked.watch,
        workspace: '.',
        ackWaitMs: options.ackWaitMs ?? 5000,
        reissueAfterMs: options.reissueAfterMs ?? 10_000,
      },
    );
  }

  private prompt(id: string, tokenIds: readonly number[]): TokenizedPrompt {
    const tokenized = aPrompt(id, tokenIds);
    return { ...tokenized, prompt: { ...tokenized.prompt, text: `${this.marker}prompt ${id}` } };
  }

  /** Creates the run in the ledger, so that control events can be appended before it starts. */
  async create(): Promise<void> {
    const { run, options } = this;
    await this.ledger.createRun({
      id: run,
      name: run,
      seed: options.seed ?? 11,
      config: '{}',
      configHash: 'c',
      fingerprints: {},
    });
  }
}
