/**
 * The loop. Its components, in the order data passes them:
 *
 *   boundary    what people asked of the run, between two iterations
 *   dispatcher  rollout tasks out, complete and ordered answers back
 *   scorer      rewards, or the typed reason why there is none
 *   shadow      what a candidate rubric would have paid; nothing is learned from it
 *   evaluator   log-probabilities and values from the trainer
 *   estimateAdvantages   pure
 *   updater     optimizer steps of policy and critic
 *   policies    the trainer's weights as policy versions
 *   journal     what the iteration consumed and produced
 *   checkpoints where to go on from
 *   recovery    the models, when their trainer lost them
 *   rewardWatch whether the policy games its reward
 *   health      why a run should stop for a person
 *
 * Components never import this file, nor each other's neighbours: the coordinator hands each what it needs. All that
 * changes from one iteration to the next is in `Progress`, and an iteration becomes part of the run in one commit of
 * the ledger: until then it never happened, afterwards it is not done again.
 */
import type { CheckpointManifest } from '../core/domain/checkpoint.js';
import type { PolicyVersion } from '../core/domain/policy.js';
import type { RewardedTrajectory } from '../core/domain/reward.js';
import { MajlisError } from '../core/errors.js';
import type { IterationRecord, Ledger } from '../core/ledger/ledger.js';
import type { KlController } from '../core/math/kl-controller.js';
import { klControllerFrom } from '../core/math/kl-controller.js';
import type { Clock } from '../core/runtime/clock.js';
import { estimateAdvantages } from './advantage/estimate-advantages.js';
import { needsCritic } from './algorithm-options.js';
import type { AlgorithmOptions } from './algorithm-options.js';
import type { Checkpoints, SavedModels } from './checkpoint/checkpoints.js';
import type { IterationBoundary } from './boundary.js';
import type { Dispatcher } from './dispatch/dispatcher.js';
import { rolloutMetrics, stalenessOf } from './dispatch/rollout-metrics.js';
import type { IterationPlan, RolloutBatch } from './dispatch/rollout-batch.js';
import type { Evaluator } from './evaluate/evaluator.js';
import { brokenSteps } from './health/broken-steps.js';
import { withBatchNamed } from './health/named-batch.js';
import { isGoodToCheckpoint } from './health/non-finite.js';
import { pauseText } from './health/pause-reason.js';
import type { PauseReason } from './health/pause-reason.js';
import type { RunHealth } from './health/run-health.js';
import { iterationAlarms } from './iteration-alarms.js';
import { deleteRunModels } from './models/run-models.js';
import type { RunModels } from './models/run-models.js';
import type { PolicyRegistry } from './policy/policy-registry.js';
import { CancelledWhileWaiting } from './recovery/cancelled-while-waiting.js';
import type { ModelRecovery } from './recovery/model-recovery.js';
import type { RunAlarms } from './run-alarms.js';
import type { RunObserver } from './run-observer.js';
import type { BatchScorer } from './score/batch-scorer.js';
import { advanced, manifestOf } from './progress.js';
import type { Progress } from './progress.js';
import type { RewardSources } from './score/reward-source.js';
import type { ShadowFigures, ShadowRubric } from './shadow/shadow-rubric.js';
import { Stopwatch } from './stopwatch.js';
import { together } from './together.js';
import type { UpdateJournal } from './update/update-journal.js';
import { updateRecord } from './update/update-record.js';
import type { UpdateRecordInput } from './update/update-record.js';
import type { Updater } from './update/updater.js';
import type { RewardWatch } from './watch/reward-watch.js';

export interface CoordinatorComponents {
  readonly boundary: IterationBoundary;
  readonly dispatcher: Dispatcher;
  readonly scorer: BatchScorer;
  readonly shadow: ShadowRubric;
  readonly rewardSources: RewardSources;
  readonly evaluator: Evaluator;
  readonly updater: Updater;
  readonly policies: PolicyRegistry;
  readonly journal: UpdateJournal;
  readonly checkpoints: Checkpoints;
  readonly rewardWatch: RewardWatch;
  readonly health: RunHealth;
  readonly models: RunModels;
  readonly recovery: Pick<ModelRecovery, 'keep'>;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly observer: RunObserver;
  readonly alarms: RunAlarms;
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

type Metrics = Readonly<Record<string, number>>;

export class Coordinator {
  constructor(
    private readonly components: CoordinatorComponents,
    private readonly options: CoordinatorOptions,
  ) {}

  /**
   * Runs to the last iteration or to a `cancel` event, from the newest checkpoint where the run has one. A failure is
   * written to the ledger and thrown; the signal rejects with `cancelled` and leaves the run as it is.
   */
  async run(signal: AbortSignal): Promise<RunEnd> {
    const { dispatcher, ledger } = this.components;
    try {
      const end = await this.iterate(signal);
      await dispatcher.finish();
      await ledger.setRunState(this.options.run, end.state);
      return end;
    } catch (thrown) {
      const error = MajlisError.from(thrown);
      if (!signal.aborted) await ledger.setRunState(this.options.run, 'failed', error.message);
      throw error;
    } finally {
      await dispatcher.close();
    }
  }

  /** Frees the run's models and its rewards; what was published or stored stays. */
  async release(): Promise<void> {
    await this.components.rewardSources.keep([]);
    await deleteRunModels(this.components.models);
  }

  private async iterate(signal: AbortSignal): Promise<RunEnd> {
    const first = await this.begin(signal);
    if ('state' in first) return first;
    let progress = first;
    while (progress.iteration < this.options.algorithm.iterations) {
      signal.throwIfAborted();
      await this.components.dispatcher.hold();
      const ready = await this.components.boundary.cross(progress, signal);
      if (ready === 'cancelled') return { state: 'cancelled', policy: progress.policy };
      const { rewardSources, shadow } = this.components;
      await rewardSources.keep([ready.reward, ...shadow.inUse(ready)]);
      try {
        progress = await this.runIteration(ready, signal);
      } catch (thrown) {
        if (!(thrown instanceof CancelledWhileWaiting)) throw thrown;
        return { state: 'cancelled', policy: ready.policy };
      }
    }
    return { state: 'completed', policy: progress.policy };
  }

  private async runIteration(progress: Progress, signal: AbortSignal): Promise<Progress> {
    const { boundary, dispatcher, evaluator, updater, rewardWatch, health, recovery, clock } =
      this.components;
    const { algorithm, maxNewTokens } = this.options;
    const { iteration, policy, reward } = progress;
    const plan = { iteration, policy, reward };
    const beta = progress.klController.coef;
    const holdsPolicy = iteration < progress.policyHeldUntil;
    const watch = new Stopwatch(clock);

    const batch = await dispatcher.collect(plan, signal);
    watch.lap('collect');
    const [estimates, { rewards, shadow }] = await Promise.all([
      recovery.keep({ iteration }, () => evaluator.evaluate(batch), signal),
      this.scored(progress, batch, signal),
    ]);
    watch.lap('evaluate');
    const advantages = estimateAdvantages({ estimates, rewards, reward, algorithm, beta });
    watch.lap('advantages');
    const learning = { iteration, estimates, advantages, beta, holdsPolicy, maxNewTokens };
    const [update, watched] = await Promise.all([
      recovery
        .keep({ iteration }, () => updater.update(learning, signal), signal)
        .catch((thrown: unknown) => {
          throw withBatchNamed(thrown, iteration, batch.groups);
        }),
      rewardWatch.measure({ batch, rewards }, signal),
    ]);
    watch.lap('update');
    const metrics = {
      ...rolloutMetrics(batch, progress.numTokens),
      ...advantages.metrics,
      ...update.metrics,
      ...watched,
      'kl/beta': beta,
    };
    const { groups } = batch;
    const record = { plan, groups, rewards, estimates, advantages, update, algorithm, beta, holdsPolicy };
    const [next, reason] = await Promise.all([
      this.complete(progress, { batch, record, metrics, shadow }, signal),
      health.check({
        iteration,
        policyVersion: policy.version,
        rewardModelHash: reward.rewardModelHash,
        metrics,
      }),
    ]);
    watch.lap('publish');

    const alarms = [
      ...iterationAlarms(iteration, advantages, update, algorithm.excludedShareAlarm),
      ...brokenSteps(iteration, update, estimates.packed, groups),
    ];
    const isWell = alarms.length === 0 && reason === undefined;
    if (!isWell && !(await boundary.wasReached(next.iteration))) {
      for (const alarm of alarms) await this.components.alarms.raise(alarm);
      if (reason !== undefined) await this.pause(next, reason);
    }
    this.report(next, plan, { ...metrics, ...shadow.metrics }, watch);
    this.reportBatch(next, batch, rewards);
    return next;
  }

  private async scored(
    progress: Progress,
    batch: RolloutBatch,
    signal: AbortSignal,
  ): Promise<{ rewards: readonly RewardedTrajectory[]; shadow: ShadowFigures }> {
    const paying = this.components.scorer.score(batch, signal);
    const comparing = this.components.shadow.compare(progress, batch, paying, signal);
    const [rewards, shadow] = await Promise.all([paying, comparing]);
    return { rewards, shadow };
  }

  /** Makes the iteration part of the run: weights, inputs and models are stored, then one commit names them all. */
  private async complete(progress: Progress, end: IterationOutcome, signal: AbortSignal): Promise<Progress> {
    const { ledger, journal, policies, checkpoints, boundary, recovery } = this.components;
    const { run } = this.options;
    const { batch, record, shadow } = end;
    const { iteration, reward } = progress;
    const isToBeSaved = checkpoints.isDue(iteration + 1) && isGoodToCheckpoint(end.metrics);
    const write = async (): Promise<[typeof progress.policy, SavedModels | undefined]> =>
      together([
        record.update.hasMoved
          ? policies.publish(progress.policy.version + 1, reward.rubricHash)
          : progress.policy,
        isToBeSaved ? checkpoints.save(iteration + 1) : undefined,
      ]);
    const [[policy, saved], inputsHash, controlSequence] = await Promise.all([
      recovery.keep({ iteration, taken: () => updateRecord(record) }, write, signal),
      journal.store(record),
      boundary.controlInForce(iteration),
    ]);
    const metrics = { ...end.metrics, ...shadow.metrics };
    const next = { ...advanced(progress, policy, record), numTokens: end.metrics['num_tokens'] };
    const { rubricHash, rewardModelHash } = reward;
    const { version: policyVersion } = progress.policy;
    await ledger.completeIteration(run, {
      record: { iteration, policyVersion, rubricHash, rewardModelHash, inputsHash, controlSequence, metrics },
      consumed: batch.groups.map(({ task }) => ({ iteration: task.iteration, id: task.id })),
      policy,
      ...(saved === undefined ? {} : { checkpoint: { ...saved, ...manifestOf(next) } }),
      ...(shadow.scores === undefined ? {} : { shadow: shadow.scores }),
    });
    await policies.announce(policy);
    if (saved !== undefined) await checkpoints.prune();
    return next;
  }

  /**
   * The run's first policy is the trainer's, published as version 0; a run that was here before goes on where it was. One
   * that stands for want of a reward can be cancelled there.
   */
  private async begin(signal: AbortSignal): Promise<Progress | RunEnd> {
    const { boundary, policies, checkpoints, health, recovery, ledger } = this.components;
    const { run, rubricHash, klController, algorithm } = this.options;
    const state = (await ledger.getRun(run))?.state;
    if (state === 'queued' || state === 'failed') await ledger.setRunState(run, 'running');
    const manifest = await recovery.keep({ iteration: 0 }, () => checkpoints.restore(), signal);
    await checkpoints.prune();
    await policies.discardUnrecorded();
    const iteration = manifest?.iteration ?? 0;
    const journal = await ledger.iterations(run);
    health.recall(journal, iteration, await boundary.lastFreshStart(iteration));
    if (manifest !== undefined) return this.continued(manifest, journal, signal);
    const policy = await recovery.keep({ iteration: 0 }, () => policies.publish(0, rubricHash), signal);
    await policies.record(policy);
    await policies.announce(policy);
    const first = await boundary.firstReward(rubricHash, signal);
    if (first === 'cancelled') return { state: 'cancelled', policy };
    const warmup = needsCritic(algorithm) ? algorithm.criticWarmupIterations : 0;
    const policyHeldUntil = Math.max(warmup, first.policyHeldUntil);
    const { reward, shadowRubricHash } = first;
    const start = { iteration: 0, policy, reward, shadowRubricHash };
    return { ...start, klController, policyHeldUntil, numTokens: 0 };
  }

  private async continued(
    manifest: CheckpointManifest,
    journal: readonly IterationRecord[],
    signal: AbortSignal,
  ): Promise<Progress> {
    const { rewardSources, policies } = this.components;
    const { iteration, rubricHash, policyHeldUntil, policyVersion } = manifest;
    const before = journal.find((record) => record.iteration === iteration - 1);
    const reward = await rewardSources.activate(rubricHash, signal, before?.rewardModelHash);
    const policy = await policies.find(policyVersion.version);
    await policies.announce(policy);
    return {
      iteration,
      numTokens: before?.metrics['num_tokens'],
      policy,
      reward,
      shadowRubricHash: manifest.shadowRubricHash,
      klController: klControllerFrom(manifest.klController),
      policyHeldUntil,
    };
  }

  /** A run that is not well stands still at the next boundary, where a person finds the reason and the next step. */
  private async pause(next: Progress, reason: PauseReason): Promise<void> {
    if (next.iteration >= this.options.algorithm.iterations) return;
    const message = pauseText(reason);
    await this.components.alarms.raise({ kind: reason.kind, message });
    await this.components.ledger.setRunState(this.options.run, 'paused', message);
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

  private reportBatch(
    next: Progress,
    { plan, groups }: RolloutBatch,
    rewards: readonly RewardedTrajectory[],
  ): void {
    this.components.observer.batchConsumed?.({
      policyVersion: next.policy.version,
      rubricId: plan.reward.rubricId,
      staleness: groups.map(({ task }) => stalenessOf(task, plan)),
      scores: rewards.flatMap(({ outcome }) => (outcome.kind === 'scored' ? [outcome.score.normalized] : [])),
    });
  }
}

interface IterationOutcome {
  readonly batch: RolloutBatch;
  readonly record: UpdateRecordInput;
  readonly metrics: Metrics;
  readonly shadow: ShadowFigures;
}
