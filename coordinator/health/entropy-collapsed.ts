import { inARow, rollbackCommand } from './health-history.js';
import type { FinishedIteration } from './health-history.js';
import type { HealthCheck } from './health-check.js';
import { figure, goBack, lastIterations } from './pause-reason.js';

/**
 * Stops when the entropy of a token was below this share of the run's start in this many iterations in a row. Per token,
 * since shorter answers alone halve the entropy of an answer. The start is the highest of the run's first iterations, so
 * that a collapse within them does not lower the bar.
 */
export function entropyCollapsed(run: string, share: number, count: number): HealthCheck {
  return (history) => {
    const start = Math.max(...history.first.map(tokenEntropy).filter(Number.isFinite));
    const lowest = share * start;
    const bad = inARow(history, count, (finished) => tokenEntropy(finished) < lowest);
    if (bad === undefined) return undefined;
    const last = bad[bad.length - 1];
    const entropies = bad.map((finished) => figure(tokenEntropy(finished))).join(', ');
    return {
      kind: 'entropy_collapsed',
      sentence: `Iteration ${last.iteration}: objective/entropy was ${entropies} nats per token ${lastIterations(count)}; allowed: at least ${figure(lowest)}, which is ${figure(share)} of the ${figure(start)} that the run began with.`,
      nextStep: `${goBack(run, rollbackCommand(run, history, bad[0]))}; if it comes again, start a run with a higher algorithm.entropyCoef or algorithm.kl.initial.`,
    };
  };
}

/** Nats per token; NaN where it was not measured, which is below no bar. */
function tokenEntropy({ metrics }: FinishedIteration): number {
  return metrics['objective/entropy'] / metrics['answers/mean_length'];
}
