import { inARow, rollbackCommand } from './health-history.js';
import type { HealthCheck } from './health-check.js';
import { figure, goBack, lastIterations } from './pause-reason.js';

export interface KlLimit {
  /** Nats per answer. */
  readonly nats: number;
  /** Where the limit comes from, for the sentence. */
  readonly source: string;
}

/**
 * Stops when the mean KL per answer was past the limit, on either side, in this many iterations in a row. A KL is never
 * negative, so an estimate far below 0 says that answers were not drawn from the distribution that the trainer computes
 * (TRL's PPO warns of it below −1).
 */
export function klExploded(run: string, limit: KlLimit, count: number): HealthCheck {
  return (history) => {
    const bad = inARow(history, count, ({ metrics }) => Math.abs(metrics['objective/kl']) > limit.nats);
    if (bad === undefined) return undefined;
    const last = bad[bad.length - 1];
    const kls = bad.map(({ metrics }) => figure(metrics['objective/kl'])).join(', ');
    return {
      kind: 'kl_exploded',
      sentence: `Iteration ${last.iteration}: objective/kl was ${kls} nats per answer ${lastIterations(count)}; allowed: at most ${figure(limit.nats)} on either side of 0 (${limit.source}).`,
      nextStep:
        last.metrics['objective/kl'] < 0
          ? `Look at behaviour/max_log_ratio in \`majlis watch ${run}\`: sampler and trainer disagree about the policy.`
          : `${goBack(run, rollbackCommand(run, history, bad[0]))}; if it comes again, start a run with a higher algorithm.kl.initial or a lower algorithm.policyLearningRate.`,
    };
  };
}
