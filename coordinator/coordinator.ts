/**
 * The loop. Its components, in the order data passes them:
 *
 *   control     what people asked of the run, at iteration boundaries
 *   dispatcher  rollout tasks out, complete and ordered answers back
 *   scorer      rewards, or the typed reason why there is none
 *   evaluator   log-probabilities and values from the trainer
 *   estimateAdvantages   pure
 *   updater     optimizer steps of policy and critic
 *   journal     what the iteration consumed and produced
 *   policies    the trainer's weights as policy versions
 *
 * Components never import this file, nor each other's neighbours: the coordinator hands each what it needs. All that
 * changes from one iteration to the next is in `Progress`.
 */
import type { PolicyVersion } from '../core/domain/policy.js';
import { MajlisError } from '../core/errors.js';
import type { Ledger } from '../core/ledger/ledger.js';
import type { KlController } from '../core/math/kl-controller.js';
import type { Clock } from '../core/runtime/clock.js';
import { estimateAdvantages } from './advantage/estimate-advantages.js';
import type { BatchAdvantages } from './advantage/estimate-advantages.js';
import { needsCritic } from './algorithm-options.js';
import type { AlgorithmOptions } from './algorithm-options.js';
import type { ControlEvents } from './control-events.js';
import type { Dispatcher } from './dispatch/dispatcher.js';
import { rolloutMetrics } from './dispatch/rollout-metrics.js';
import type { IterationPlan } from './dispatch/rollout-batch.js';
import type { Evaluator } from './evaluate/evaluator.js';
import { iterationAlarms } from './iteration-alarms.js';
import { deleteRunModels } from './models/run-models.js';
import type { RunModels } from './models/run-models.js';
import type { PolicyRegistry } from './policy/policy-registry.js';
import type { RunObserver } from './run-observer.js';
import type { BatchScorer } from './score/batch-scorer.js';
import type { RewardSource, RewardSources } from './score/reward-source.js';
import { Stopwatch } from './stopwatch.js';
import type { UpdateJournal } from './update/update-journal.js';
import type { Update, Updater } from './update/updater.js';

export interface CoordinatorComponents {
  readonly control: ControlEvents;
  readonly dispatcher: Dispatcher;
  readonly scorer: BatchScorer;
  readonly rewardSources: RewardSources;
  readonly evaluator: Evaluator;
  readonly updater: Updater;
  readonly journal: UpdateJournal;
  readonly policies: PolicyRegistry;
  readonly models: RunModels;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly observer: RunObserver;
}

export interface CoordinatorOptions {
  readonly run: string;
  readonly algorithm: AlgorithmOptions;
  readonly maxNewTokens: number;
  /** The rubric that the run starts with. */
  readonly rubricHash: string;
  readonly klController: KlController;
}

/** How a run ended, and the policy it leaves. */
export interface RunEnd {
  readonly state: 'completed' | 'cancelled';
  readonly policy: PolicyVersion;
}

/** Where the run is. Replaced, never changed. */
interface Progress {
  readonly iteration: number;
  readonly policy: PolicyVersion;
  readonly reward: RewardSource;
  readonly klController: KlController;
  /** The first iteration in which the policy may move. */
  readonly policyHeldUntil: number;
}

type Metrics = Readonly<Record<string, number>>;

export class Coordinator {
  constructor(
    private readonly components: CoordinatorComponents,
    private readonly options: CoordinatorOptions,
  ) {}

  /**
   * Runs to the last iteration or to a `cancel` event. A failure is written to the ledger and thrown; the signal rejects
   * with `cancelled` and leaves the run as it is.
   */
  async run(signal: AbortSignal): Promise<RunEnd> {
    const { ledger } = this.components;
    try {
      const end = await this.iterate(signal);
      await ledger.setRunState(this.options.run, end.state);
      return end;
    } catch (thrown) {
      const error = MajlisError.from(thrown);
      if (!signal.aborted) await ledger.setRunState(this.options.run, 'failed', error.message);
      throw error;
    }
  }

  /** Frees the run's models in the trainer; what was published stays. */
  async release(): Promise<void> {
    await deleteRunModels(this.components.models);
  }

  private async iterate(signal: AbortSignal): Promise<RunEnd> {
    let progress = await this.begin(signal);
    while (progress.iteration < this.options.algorithm.iterations) {
      signal.throwIfAborted();
      const ready = await this.applyControlEvents(progress, signal);
      if (ready === 'cancelled') return { state: 'cancelled', policy: progress.policy };
      progress = await this.runIteration(ready, signal);
    }
    return { state: 'completed', policy: progress.policy };
  }

  private async runIteration(progress: Progress, signal: AbortSignal): Promise<Progress> {
    const { dispatcher, scorer, evaluator, updater, journal, clock } = this.components;
    const { algorithm, maxNewTokens } = this.options;
    const { iteration, policy, reward } = progress;
    const plan = { iteration, policy, reward };
    const beta = progress.klController.coef;
    const holdsPolicy = iteration < progress.policyHeldUntil;
    const watch = new Stopwatch(clock);

    const batch = await dispatcher.collect(plan, signal);
    watch.lap('collect');
    const [estimates, rewards] = await Promise.all([evaluator.evaluate(batch), scorer.score(batch, signal)]);
    watch.lap('evaluate');
    const advantages = estimateAdvantages({ estimates, rewards, reward, algorithm, beta });
    watch.lap('advantages');
    const learning = { iteration, estimates, advantages, beta, holdsPolicy, maxNewTokens };
    const update = await updater.update(learning, signal);
    watch.lap('update');
    const metrics = { ...rolloutMetrics(batch), ...advantages.metrics, ...update.metrics, 'kl/beta': beta };
    const record = { plan, rewards, estimates, advantages, update, algorithm, beta, holdsPolicy };
    // Both are durable before the next iteration begins; neither reads what the other writes.
    const [next] = await Promise.all([
      this.advanced(progress, advantages, update),
      journal.write(record, metrics),
    ]);
    watch.lap('publish');

    const alarms = iterationAlarms(iteration, advantages, update, algorithm.excludedShareAlarm);
    for (const alarm of alarms) this.components.observer.alarm?.(alarm);
    this.report(next, plan, metrics, watch);
    return next;
  }

  /** The run's first policy is the trainer's, published as version 0. */
  private async begin(signal: AbortSignal): Promise<Progress> {
    const { rewardSources, policies } = this.components;
    const { rubricHash, klController, algorithm } = this.options;
    const reward = await rewardSources.activate(rubricHash, signal);
    const policy = await policies.publish(0, rubricHash);
    const policyHeldUntil = needsCritic(algorithm) ? algorithm.criticWarmupIterations : 0;
    return { iteration: 0, policy, reward, klController, policyHeldUntil };
  }

  private async applyControlEvents(progress: Progress, signal: AbortSignal): Promise<Progress | 'cancelled'> {
    let next = progress;
    for (const event of await this.components.control.due(progress.iteration)) {
      switch (event.kind) {
        case 'cancel':
          return 'cancelled';
        case 'swap_rubric':
          next = await this.swapped(next, event.rubricHash, signal);
      }
    }
    return next;
  }

  /** The critic learns the new reward before the policy follows it: its values still speak of the old one. */
  private async swapped(progress: Progress, rubricHash: string, signal: AbortSignal): Promise<Progress> {
    const { algorithm } = this.options;
    const reward = await this.components.rewardSources.activate(rubricHash, signal);
    const held = needsCritic(algorithm) ? progress.iteration + algorithm.criticOnlyAfterSwap : 0;
    return { ...progress, reward, policyHeldUntil: Math.max(progress.policyHeldUntil, held) };
  }

  /** A policy that was held has no new version, and says nothing about whether β is right. */
  private async advanced(progress: Progress, advantages: BatchAdvantages, update: Update): Promise<Progress> {
    const iteration = progress.iteration + 1;
    if (!update.hasMoved) return { ...progress, iteration };
    const samples = advantages.trajectories.length;
    const klController = progress.klController.updated(advantages.klPerSequence, samples);
    const version = progress.policy.version + 1;
    const policy = await this.components.policies.publish(version, progress.reward.rubricHash);
    return { ...progress, iteration, policy, klController };
  }

  private report(next: Progress, plan: IterationPlan, metrics: Metrics, watch: Stopwatch): void {
    this.components.observer.iterationFinished?.({
      iteration: plan.iteration,
      iterations: this.options.algorithm.iterations,
      policyHash: next.policy.hash,
      rubricHash: plan.reward.rubricHash,
      metrics,
      milliseconds: watch.milliseconds,
    });
  }
}
