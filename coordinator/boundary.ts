/**
 * The boundary between two iterations: the only place where a run changes because somebody asked.
 *
 * - Events are applied in the ledger's order, after the ledger was told where.
 * - A paused run stands here until it is resumed or cancelled; the ledger's state says whether it is paused, so a run that
 *   was paused when its process died is paused when it goes on: at the boundary where it stood, after the iterations since
 *   its checkpoint are repeated as they were.
 * - A candidate to score beside the rubric in force follows the events like everything else, and is readied last; one that is
 *   in force itself is none.
 * - Where the reward is retrained, that is the last thing that changes what a run is paid by: under the rubric and on the policy
 *   that the events left in force. It is done again at a boundary that is repeated, to the same model.
 * - A run whose reward cannot be readied stands here, paused with the reason, and goes on only under a reward that is.
 */
import type { ControlEvent, RecordedControlEvent, RollbackTarget } from '../core/domain/run.js';
import type { Ledger } from '../core/ledger/ledger.js';
import { needsCritic } from './algorithm-options.js';
import type { AlgorithmOptions } from './algorithm-options.js';
import type { Checkpoints } from './checkpoint/checkpoints.js';
import type { ControlEvents } from './control-events.js';
import { pauseText } from './health/pause-reason.js';
import type { RunHealth } from './health/run-health.js';
import type { RunModels } from './models/run-models.js';
import type { PolicyRegistry } from './policy/policy-registry.js';
import type { Progress } from './progress.js';
import type { ModelRecovery } from './recovery/model-recovery.js';
import type { RunAlarms } from './run-alarms.js';
import { RewardNotReady } from './score/reward-not-ready.js';
import type { RewardRefresh, RewardSource, RewardSources } from './score/reward-source.js';
import { shadowAfter } from './shadow/shadow-after.js';
import type { ShadowRubric } from './shadow/shadow-rubric.js';

export interface BoundaryOptions {
  readonly run: string;
  readonly algorithm: AlgorithmOptions;
  readonly ledger: Ledger;
  readonly control: ControlEvents;
  readonly rewardSources: RewardSources;
  /** Retrains the reward on the current policy; the first one is kept without it. */
  readonly refresh?: RewardRefresh | undefined;
  readonly policies: PolicyRegistry;
  readonly models: RunModels;
  readonly recovery: Pick<ModelRecovery, 'keep'>;
  readonly checkpoints: Checkpoints;
  readonly health: RunHealth;
  readonly alarms: RunAlarms;
  readonly shadow: ShadowRubric;
  /** Takes back what workers have not finished: a run that is paused is not worked on. */
  readonly withdrawTasks: () => Promise<void>;
}

/** What a run is paid by at first. */
export interface FirstReward {
  readonly reward: RewardSource;
  /** The policy does not move before this iteration: the rubric was swapped while the run stood. */
  readonly policyHeldUntil: number;
  /** A candidate that was asked for while the run stood. */
  readonly shadowRubricHash: string | undefined;
}

export class IterationBoundary {
  /** A rubric whose reward could not be readied; asked again when the run is resumed. */
  private awaited: string | undefined;

  constructor(private readonly options: BoundaryOptions) {}

  /** The last event in force in this iteration, by its sequence. */
  async controlInForce(iteration: number): Promise<number> {
    return this.options.control.inForce(iteration);
  }

  /** Whether an earlier start of the run stood here, or stands here paused: what led here is told already. */
  async wasReached(iteration: number): Promise<boolean> {
    const { control, ledger, run } = this.options;
    return (await control.wasReached(iteration)) || (await ledger.getRun(run))?.state === 'paused';
  }

  /** The first iteration whose predecessors count no more for the run's health, seen from this one. */
  async lastFreshStart(iteration: number): Promise<number> {
    return this.options.control.lastFreshStart(iteration);
  }

  /**
   * The reward of a run that begins, or of one that was swapped in while the run stood for want of it. A run that was here
   * before applies the same swaps where it crosses its first boundary.
   */
  async firstReward(rubricHash: string, signal: AbortSignal): Promise<FirstReward | 'cancelled'> {
    let policyHeldUntil = 0;
    let shadowRubricHash: string | undefined;
    let reward = await this.readied(rubricHash, 0, signal);
    while (reward === undefined) {
      for (const { event } of await this.options.control.nextDue(0, signal)) {
        if (event.kind === 'cancel') return 'cancelled';
        shadowRubricHash = shadowAfter(event, shadowRubricHash);
        const swap = rubricOf(event);
        if (swap !== undefined) policyHeldUntil = this.heldAfterSwap(0);
        const wanted = swap ?? (event.kind === 'resume' ? this.awaited : undefined);
        if (wanted !== undefined) reward = await this.readied(wanted, 0, signal);
        if (event.kind === 'resume' && reward !== undefined) await this.running();
      }
    }
    return { reward, policyHeldUntil, shadowRubricHash };
  }

  /** Applies what was asked for, in order; a paused run stays here until it is resumed or cancelled. */
  async cross(progress: Progress, signal: AbortSignal): Promise<Progress | 'cancelled'> {
    const { control, shadow } = this.options;
    let stood = await this.stand(progress, signal);
    for (;;) {
      if (stood === 'cancelled') return stood;
      const refreshed = await this.refreshed(stood, signal);
      if (refreshed !== undefined) {
        const next = withoutOwnShadow(refreshed);
        return (await control.isRepeated(next.iteration)) ? next : shadow.ready(next, signal);
      }
      stood = await this.stand(stood, signal);
    }
  }

  /** Undefined where its judges do not answer: the run is paused then, and asks them again when it is resumed. */
  private async refreshed(progress: Progress, signal: AbortSignal): Promise<Progress | undefined> {
    const { refresh } = this.options;
    const { iteration, policy, reward } = progress;
    if (refresh === undefined || iteration === 0 || iteration % refresh.every !== 0) return progress;
    const renewed = await this.unlessPaused(iteration, () =>
      refresh.refresh(reward.rubricHash, policy, signal),
    );
    return renewed && { ...progress, reward: renewed, policyHeldUntil: this.heldFrom(progress) };
  }

  private async stand(progress: Progress, signal: AbortSignal): Promise<Progress | 'cancelled'> {
    const { control } = this.options;
    const { iteration } = progress;
    if (await control.isRepeated(iteration)) {
      return this.applied(progress, await control.due(iteration), signal);
    }
    // Asked together: most boundaries have nothing to say, and each question waits for the ledger's thread.
    const [due, isPaused] = await Promise.all([control.due(iteration), this.isPaused()]);
    if (due.length === 0 && !isPaused) return progress;
    let next = await this.applied(progress, due, signal);
    if (next !== 'cancelled' && (await this.isPaused())) await this.options.withdrawTasks();
    while (next !== 'cancelled' && (await this.isPaused())) {
      next = await this.applied(next, await control.nextDue(iteration, signal), signal);
    }
    return next;
  }

  private async applied(
    progress: Progress,
    events: readonly RecordedControlEvent[],
    signal: AbortSignal,
  ): Promise<Progress | 'cancelled'> {
    let next = progress;
    for (const [at, { event }] of events.entries()) {
      switch (event.kind) {
        case 'cancel':
          return 'cancelled';
        case 'swap_rubric':
          next = await this.swapped(next, event.rubricHash, signal);
          break;
        case 'roll_back':
          next = await this.rolledBack(next, event.to, signal);
          break;
        case 'resume':
          // Where both are met again at once, the run's state speaks of the pause that came later.
          if (events.slice(at).some((later) => later.event.kind === 'pause')) break;
          next = await this.resumed(next, signal);
          break;
        case 'pause':
          // The ledger made the run `pausing` when it was asked; `isPaused` does the rest.
          break;
        case 'shadow_rubric':
        case 'stop_shadow':
          next = { ...next, shadowRubricHash: shadowAfter(event, next.shadowRubricHash) };
          break;
      }
    }
    return next;
  }

  /** A run that was asked to pause is paused from here on. */
  private async isPaused(): Promise<boolean> {
    const { ledger, run } = this.options;
    const known = await ledger.getRun(run);
    if (known?.state === 'pausing') await ledger.setRunState(run, 'paused', known.reason);
    return known?.state === 'pausing' || known?.state === 'paused';
  }

  /** At a boundary that is repeated, the run's state speaks of a later one. */
  private async resumed(progress: Progress, signal: AbortSignal): Promise<Progress> {
    const next = this.awaited === undefined ? progress : await this.swapped(progress, this.awaited, signal);
    if (this.awaited !== undefined) return next;
    this.options.health.startAnew();
    if (!(await this.options.control.isRepeated(progress.iteration))) await this.running();
    return next;
  }

  private async running(): Promise<void> {
    const { ledger, run } = this.options;
    if ((await ledger.getRun(run))?.state === 'paused') await ledger.setRunState(run, 'running');
  }

  /** The critic learns the new reward before the policy follows it: its values still speak of the old one. */
  private async swapped(progress: Progress, rubricHash: string, signal: AbortSignal): Promise<Progress> {
    const reward = await this.readied(rubricHash, progress.iteration, signal);
    return reward === undefined
      ? progress
      : { ...progress, reward, policyHeldUntil: this.heldFrom(progress) };
  }

  /**
   * Undefined where its judges do not answer: the run is paused then, and the rubric awaited. An iteration that is repeated
   * had its reward before, so there it is a failure.
   */
  private async readied(
    rubricHash: string,
    iteration: number,
    signal: AbortSignal,
  ): Promise<RewardSource | undefined> {
    const { rewardSources } = this.options;
    const reward = await this.unlessPaused(iteration, () => rewardSources.activate(rubricHash, signal));
    this.awaited = reward === undefined ? rubricHash : undefined;
    return reward;
  }

  private async unlessPaused(
    iteration: number,
    ready: () => Promise<RewardSource>,
  ): Promise<RewardSource | undefined> {
    const { control, ledger, run, alarms } = this.options;
    try {
      return await ready();
    } catch (thrown) {
      if (!(thrown instanceof RewardNotReady) || (await control.isRepeated(iteration))) throw thrown;
      const reason = thrown.pauseReason(run);
      await alarms.raise({ kind: reason.kind, message: pauseText(reason) });
      await ledger.setRunState(run, 'paused', pauseText(reason));
      return undefined;
    }
  }

  /**
   * An earlier version's weights become a new version. Its optimizer moments begin anew; the critic goes back to the last
   * good checkpoint, where there is one, and catches up first.
   */
  private async rolledBack(progress: Progress, to: RollbackTarget, signal: AbortSignal): Promise<Progress> {
    if ('rubricHash' in to) return this.swapped(progress, to.rubricHash, signal);
    const { policies, models, checkpoints, recovery } = this.options;
    const target = await policies.find(to.policyVersion);
    this.options.health.startAnew();
    const goBack = async (): Promise<void> => {
      await models.policy.restart(target.location);
      await checkpoints.restoreCritic();
    };
    await recovery.keep({ iteration: progress.iteration }, goBack, signal);
    const policy = { ...target, version: progress.policy.version + 1 };
    await policies.record(policy);
    await policies.announce(policy);
    return { ...progress, policy, policyHeldUntil: this.heldFrom(progress) };
  }

  private heldFrom({ iteration, policyHeldUntil }: Progress): number {
    return Math.max(policyHeldUntil, this.heldAfterSwap(iteration));
  }

  private heldAfterSwap(iteration: number): number {
    const { algorithm } = this.options;
    return needsCritic(algorithm) ? iteration + algorithm.criticOnlyAfterSwap : 0;
  }
}

/** The rubric that an event puts in force. */
function rubricOf(event: ControlEvent): string | undefined {
  if (event.kind === 'swap_rubric') return event.rubricHash;
  return event.kind === 'roll_back' && 'rubricHash' in event.to ? event.to.rubricHash : undefined;
}

/** A candidate that came into force is compared with nothing. */
function withoutOwnShadow(progress: Progress): Progress {
  const isOwn = progress.shadowRubricHash === progress.reward.rubricHash;
  return isOwn ? { ...progress, shadowRubricHash: undefined } : progress;
}
