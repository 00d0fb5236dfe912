/**
 * Scores each group as soon as it is there, beside generation and learning.
 *
 * - A group is paid by one reward. When the reward changes, what the old one paid, or was asked to pay, and nobody has
 *   consumed is scored again.
 * - A request that fails fails the run, unless the reward that it asked has been replaced since.
 */
import type { RewardedTrajectory } from '../../core/domain/reward.js';
import { MajlisError } from '../../core/errors.js';
import type { Scorer } from '../../core/scorer/scorer.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import type { RolloutBatch, RolloutGroup } from '../dispatch/rollout-batch.js';
import type { BatchScorer } from './batch-scorer.js';
import type { RewardSource } from './reward-source.js';
import { scoreGroups } from './score-groups.js';
import { traceScoring } from './trace-scoring.js';

/** A group under one reward. */
interface Scoring {
  readonly group: RolloutGroup;
  readonly reward: RewardSource;
  readonly stop: AbortController;
  rewards?: readonly RewardedTrajectory[];
  failure?: MajlisError;
}

export class EagerScorer implements BatchScorer {
  private readonly scorings = new Map<string, Scoring>();
  /** Ids of scored groups, the first scored first. */
  private readonly order = new Set<string>();
  private reward: RewardSource | undefined;
  /** Called when a group was scored, or could not be. */
  onChange: () => void = () => undefined;

  constructor(
    private readonly scorer: Scorer,
    private readonly tracer: Tracer = NO_TRACING,
  ) {}

  /** Groups that are scored under the reward in force, the first scored first. */
  get scored(): readonly string[] {
    return [...this.order];
  }

  /** Why a group could not be scored under the reward in force. */
  get failure(): MajlisError | undefined {
    return [...this.scorings.values()].find(({ failure }) => failure !== undefined)?.failure;
  }

  /** The reward that pays from now on. */
  payBy(reward: RewardSource): void {
    const isSame = this.reward !== undefined && keyOf(this.reward) === keyOf(reward);
    this.reward = reward;
    if (isSame) return;
    const groups = [...this.scorings.values()].map(({ group }) => group);
    for (const group of groups) {
      this.forget(group.task.id);
      this.begin(group);
    }
  }

  /** Starts to score a group; does nothing where that has begun. */
  begin(group: RolloutGroup): void {
    const { reward } = this;
    if (reward === undefined) throw new MajlisError('no reward is in force', { code: 'internal' });
    if (this.scorings.has(group.task.id)) return;
    const scoring: Scoring = { group, reward, stop: new AbortController() };
    this.scorings.set(group.task.id, scoring);
    void this.run(scoring);
  }

  /** Nobody will consume this group. */
  forget(taskId: string): void {
    this.scorings.get(taskId)?.stop.abort();
    this.scorings.delete(taskId);
    this.order.delete(taskId);
  }

  /** Stops what is under way. */
  close(): void {
    for (const id of [...this.scorings.keys()]) this.forget(id);
  }

  /** Hands out, once, what a batch of scored groups is paid. */
  async score({ plan, groups }: RolloutBatch): Promise<readonly RewardedTrajectory[]> {
    return groups.flatMap(({ task }) => {
      const scoring = this.scorings.get(task.id);
      if (scoring?.rewards === undefined || keyOf(scoring.reward) !== keyOf(plan.reward)) {
        const message = `group ${task.id} is not scored under rubric ${plan.reward.rubricHash}`;
        throw new MajlisError(message, { code: 'internal' });
      }
      this.forget(task.id);
      return scoring.rewards;
    });
  }

  private async run(scoring: Scoring): Promise<void> {
    const { group, reward, stop } = scoring;
    try {
      scoring.rewards = await traceScoring(this.tracer, reward, [group], () =>
        scoreGroups(this.scorer, reward, [group], stop.signal),
      );
    } catch (thrown) {
      scoring.failure = MajlisError.from(thrown);
    }
    if (this.scorings.get(group.task.id) !== scoring) return;
    if (scoring.rewards !== undefined) this.order.add(group.task.id);
    this.onChange();
  }
}

function keyOf({ rubricHash, rewardModelHash }: RewardSource): string {
  return `${rubricHash}/${rewardModelHash}`;
}
