/**
 * Numbers that are none. A trainer that finds a gradient that is not finite skips the step and leaves the weights alone,
 * so such a gradient by itself harms nothing; a loss, a KL or a value that is not finite is a batch or a model that is
 * broken.
 */
import { inARow, rollbackCommand } from './health-history.js';
import type { FinishedIteration } from './health-history.js';
import type { HealthCheck } from './health-check.js';
import { figure, goBack, lastIterations } from './pause-reason.js';

type Metrics = FinishedIteration['metrics'];

const GRADIENT_NORMS: ReadonlySet<string> = new Set(['policy/grad_norm', 'val/grad_norm']);
/** Names that a sentence lists before it goes over to counting. */
const NAMED = 3;

/**
 * Whether the models after this iteration may become the last good checkpoint: it produced nothing but finite numbers. A
 * skipped gradient counts too, so that a run that skips until it pauses is left with a checkpoint from before it began to.
 */
export function isGoodToCheckpoint(metrics: Metrics): boolean {
  return Object.values(metrics).every(Number.isFinite);
}

/** Stops at the first iteration with a metric that is not finite, but for a gradient whose step was skipped. */
export function nonFinite(run: string): HealthCheck {
  return (history) => {
    const last = history.recent.at(-1);
    if (last === undefined) return undefined;
    const broken = brokenMetrics(last.metrics);
    if (broken.length === 0) return undefined;
    return {
      kind: 'non_finite',
      sentence: `Iteration ${last.iteration}: ${listed(broken)}; allowed: finite numbers.`,
      nextStep: backAndSlower(goBack(run, rollbackCommand(run, history, last)), last),
    };
  };
}

/** Stops when optimizer steps were skipped in this many iterations in a row. */
export function skippedUpdates(run: string, count: number): HealthCheck {
  return (history) => {
    const bad = inARow(history, count, ({ metrics }) => skippedSteps(metrics) > 0);
    if (bad === undefined) return undefined;
    const last = bad[bad.length - 1];
    const steps = bad.map(({ metrics }) => skippedSteps(metrics)).join(', ');
    return {
      kind: 'non_finite',
      sentence: `Iteration ${last.iteration}: update/skipped_steps was ${steps} ${lastIterations(count)}, each for a gradient that is not finite; allowed: 0 in at least one of ${count} in a row.`,
      nextStep: backAndSlower(goBack(run, rollbackCommand(run, history, bad[0])), last),
    };
  };
}

function brokenMetrics(metrics: Metrics): [name: string, value: number][] {
  const hasSkipped = skippedSteps(metrics) > 0;
  return Object.entries(metrics).filter(
    ([name, value]) => !Number.isFinite(value) && !(hasSkipped && GRADIENT_NORMS.has(name)),
  );
}

function skippedSteps(metrics: Metrics): number {
  return metrics['update/skipped_steps'] ?? 0;
}

function listed(broken: readonly (readonly [string, number])[]): string {
  const named = broken.slice(0, NAMED).map(([name, value]) => `${name} is ${value}`);
  const others = broken.length - named.length;
  return `${named.join(', ')}${others > 0 ? ` and ${others} more metrics are not finite` : ''}`;
}

function backAndSlower(back: string, { metrics }: FinishedIteration): string {
  const rate = metrics.lr === undefined ? '' : ` (now ${figure(metrics.lr)})`;
  return `${back}; if it comes again, start a run with a lower algorithm.policyLearningRate${rate} or algorithm.criticLearningRate.`;
}
