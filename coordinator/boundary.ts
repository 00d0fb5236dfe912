/**
 * The boundary between two iterations: the only place where a run changes because somebody asked.
 *
 * - Events are applied in the ledger's order, after the ledger was told where.
 * - A paused run stands here until it is resumed or cancelled; the ledger's state says whether it is paused, so a run that
 *   was paused when its process died is paused when it goes on: at the boundary where it stood, after the iterations since
 *   its checkpoint are repeated as they were.
 */
import type { RecordedControlEvent, RollbackTarget } from '../core/domain/run.js';
import type { Ledger } from '../core/ledger/ledger.js';
import { needsCritic } from './algorithm-options.js';
import type { AlgorithmOptions } from './algorithm-options.js';
import type { Checkpoints } from './checkpoint/checkpoints.js';
import type { ControlEvents } from './control-events.js';
import type { RunHealth } from './health/run-health.js';
import type { RunModels } from './models/run-models.js';
import type { PolicyRegistry } from './policy/policy-registry.js';
import type { Progress } from './progress.js';
import type { RewardSources } from './score/reward-source.js';

export interface BoundaryOptions {
  readonly run: string;
  readonly algorithm: AlgorithmOptions;
  readonly ledger: Ledger;
  readonly control: ControlEvents;
  readonly rewardSources: RewardSources;
  readonly policies: PolicyRegistry;
  readonly models: RunModels;
  readonly checkpoints: Checkpoints;
  readonly health: RunHealth;
}

export class IterationBoundary {
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

  /** Applies what was asked for, in order; a paused run stays here until it is resumed or cancelled. */
  async cross(progress: Progress, signal: AbortSignal): Promise<Progress | 'cancelled'> {
    const { control } = this.options;
    const { iteration } = progress;
    if (await control.isRepeated(iteration)) {
      return this.applied(progress, await control.due(iteration), signal);
    }
    // Asked together: most boundaries have nothing to say, and each question waits for the ledger's thread.
    const [due, isPaused] = await Promise.all([control.due(iteration), this.isPaused()]);
    if (due.length === 0 && !isPaused) return progress;
    let next = await this.applied(progress, due, signal);
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
          if (!events.slice(at).some((later) => later.event.kind === 'pause')) await this.resumed(next);
          break;
        case 'pause':
          // The ledger made the run `pausing` when it was asked; `isPaused` does the rest.
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
  private async resumed({ iteration }: Progress): Promise<void> {
    const { ledger, run, control, health } = this.options;
    health.startAnew();
    if (await control.isRepeated(iteration)) return;
    if ((await ledger.getRun(run))?.state === 'paused') await ledger.setRunState(run, 'running');
  }

  /** The critic learns the new reward before the policy follows it: its values still speak of the old one. */
  private async swapped(progress: Progress, rubricHash: string, signal: AbortSignal): Promise<Progress> {
    const reward = await this.options.rewardSources.activate(rubricHash, signal);
    return { ...progress, reward, policyHeldUntil: this.heldFrom(progress) };
  }

  /**
   * An earlier version's weights become a new version. Its optimizer moments begin anew; the critic goes back to the last
   * good checkpoint, where there is one, and catches up first.
   */
  private async rolledBack(progress: Progress, to: RollbackTarget, signal: AbortSignal): Promise<Progress> {
    if ('rubricHash' in to) return this.swapped(progress, to.rubricHash, signal);
    const { policies, models } = this.options;
    const target = await policies.find(to.policyVersion);
    this.options.health.startAnew();
    await models.policy.restart(target.location);
    await this.options.checkpoints.restoreCritic();
    const policy = { ...target, version: progress.policy.version + 1 };
    await policies.record(policy);
    await policies.announce(policy);
    return { ...progress, policy, policyHeldUntil: this.heldFrom(progress) };
  }

  private heldFrom({ iteration, policyHeldUntil }: Progress): number {
    const { algorithm } = this.options;
    const held = needsCritic(algorithm) ? iteration + algorithm.criticOnlyAfterSwap : 0;
    return Math.max(policyHeldUntil, held);
  }
}
