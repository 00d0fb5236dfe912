/**
 * A candidate rubric that scores every answer beside the rubric in force.
 *
 * - Nothing is learned from it: a run ends in the same policy with and without one.
 * - It is readied at an iteration boundary like a rubric that is swapped in. One that cannot be readied, or that fails to
 *   score a batch, is told of and ended; the run goes on.
 * - An iteration that an earlier start finished is not scored again: its figures are the journal's.
 */
import type { RewardedTrajectory } from '../../core/domain/reward.js';
import type { ShadowScores } from '../../core/domain/shadow.js';
import { MajlisError } from '../../core/errors.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import type { Scorer } from '../../core/scorer/scorer.js';
import type { ControlEvents } from '../control-events.js';
import type { RolloutBatch } from '../dispatch/rollout-batch.js';
import type { Progress } from '../progress.js';
import type { RunAlarms } from '../run-alarms.js';
import type { RewardSource, RewardSources } from '../score/reward-source.js';
import { scoreGroups } from '../score/score-groups.js';
import { compareScores } from './compare-scores.js';

export interface ShadowRubricOptions {
  readonly run: string;
  readonly ledger: Ledger;
  readonly control: ControlEvents;
  readonly rewardSources: RewardSources;
  readonly scorer: Scorer;
  readonly alarms: RunAlarms;
  /** Bound of the scores that are compared, as of those that are learned from. */
  readonly rewardClip?: number | undefined;
}

/** What an iteration tells of a candidate; empty where there is none. */
export interface ShadowFigures {
  readonly metrics: Readonly<Record<string, number>>;
  /** Present where the batch was scored now. */
  readonly scores?: ShadowScores;
}

const PREFIX = 'shadow/';

export class ShadowRubric {
  private readied: RewardSource | undefined;

  constructor(private readonly options: ShadowRubricOptions) {}

  /** Readies the candidate of a run that stands at a boundary; without it where it cannot be readied. */
  async ready(progress: Progress, signal: AbortSignal): Promise<Progress> {
    const { shadowRubricHash, iteration } = progress;
    if (shadowRubricHash === undefined || shadowRubricHash === this.readied?.rubricHash) return progress;
    try {
      this.readied = await this.options.rewardSources.activate(shadowRubricHash, signal);
      return progress;
    } catch (thrown) {
      signal.throwIfAborted();
      const reason = await this.tell(shadowRubricHash, 'could not be readied', thrown);
      await this.options.control.decide(
        { kind: 'stop_shadow', rubricHash: shadowRubricHash, reason },
        iteration,
      );
      return { ...progress, shadowRubricHash: undefined };
    }
  }

  /** The candidate's reward where a run has one. */
  inUse({ shadowRubricHash }: Progress): readonly RewardSource[] {
    const { readied } = this;
    return readied === undefined || readied.rubricHash !== shadowRubricHash ? [] : [readied];
  }

  /** Scores a batch under the candidate, while `rewards` are being asked for, and compares the two. */
  async compare(
    { iteration, shadowRubricHash }: Progress,
    batch: RolloutBatch,
    rewards: Promise<readonly RewardedTrajectory[]>,
    signal: AbortSignal,
  ): Promise<ShadowFigures> {
    if (shadowRubricHash === undefined) return { metrics: {} };
    if (await this.options.control.isRepeated(iteration)) return { metrics: await this.recall(iteration) };
    const [active, shadow] = await Promise.all([rewards, this.score(shadowRubricHash, batch, signal)]);
    if (shadow === undefined) return { metrics: {} };
    const { rewardClip } = this.options;
    const scores = compareScores({
      batch,
      active,
      shadow: shadow.rewards,
      candidate: shadow.source,
      rewardClip,
    });
    return { metrics: scores.metrics, scores };
  }

  private async score(
    rubricHash: string,
    { groups }: RolloutBatch,
    signal: AbortSignal,
  ): Promise<{ rewards: readonly RewardedTrajectory[]; source: RewardSource } | undefined> {
    const { scorer, ledger, run } = this.options;
    const source = this.readied;
    if (source?.rubricHash !== rubricHash) {
      throw new MajlisError(`the shadow ${rubricHash} was not readied`, { code: 'internal' });
    }
    try {
      return { rewards: await scoreGroups(scorer, source, groups, signal), source };
    } catch (thrown) {
      signal.throwIfAborted();
      const reason = await this.tell(rubricHash, 'could not score', thrown);
      // Takes effect at the boundary after this iteration.
      await ledger.requestControl(run, { kind: 'stop_shadow', rubricHash, reason });
      return undefined;
    }
  }

  private async tell(rubricHash: string, what: string, thrown: unknown): Promise<string> {
    const reason = `it ${what}: ${MajlisError.from(thrown).message}`;
    const message = `the shadow of rubric ${rubricHash} has ended, since ${reason}; the run goes on without it`;
    await this.options.alarms.raise({ kind: 'shadow_failed', message });
    return reason;
  }

  private async recall(iteration: number): Promise<Readonly<Record<string, number>>> {
    const journal = await this.options.ledger.iterations(this.options.run);
    const metrics = journal.find((record) => record.iteration === iteration)?.metrics ?? {};
    return Object.fromEntries(Object.entries(metrics).filter(([name]) => name.startsWith(PREFIX)));
  }
}
