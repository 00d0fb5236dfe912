import type { RewardedTrajectory } from '../../core/domain/reward.js';
import type { Scorer } from '../../core/scorer/scorer.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import type { RolloutBatch } from '../dispatch/rollout-batch.js';
import type { BatchScorer } from './batch-scorer.js';
import { scoreGroups } from './score-groups.js';
import { traceScoring } from './trace-scoring.js';

/** Asks the reward plane about a whole batch, when it is complete. */
export class LockstepScorer implements BatchScorer {
  constructor(
    private readonly scorer: Scorer,
    private readonly tracer: Tracer = NO_TRACING,
  ) {}

  async score({ plan, groups }: RolloutBatch, signal: AbortSignal): Promise<readonly RewardedTrajectory[]> {
    return traceScoring(this.tracer, plan.reward, groups, () =>
      scoreGroups(this.scorer, plan.reward, groups, signal),
    );
  }
}
