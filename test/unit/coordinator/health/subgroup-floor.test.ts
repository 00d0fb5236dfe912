import { DEFAULT_HEALTH } from '../../../../core/config/health-options.js';
import { HealthGuard } from '../../../../coordinator/health/health-guard.js';
import type { FinishedIteration } from '../../../../coordinator/health/health-history.js';
import type { PauseReason } from '../../../../coordinator/health/pause-reason.js';

const DISK = { path: '/data', freeBytes: Infinity, iterationBytes: 0 };

/** What one iteration paid each group: its mean over that many answers. */
type Paid = Readonly<Record<string, readonly [mean: number, answers: number]>>;

function judge(iterations: readonly Paid[], floor?: number, swappedAt = Infinity): PauseReason | undefined {
  const health = floor === undefined ? DEFAULT_HEALTH : { ...DEFAULT_HEALTH, subgroupFloor: floor };
  const guard = new HealthGuard(health, { run: 'r1', excludedShareAlarm: 0.25 });
  const finished = iterations.map((paid, iteration): FinishedIteration => {
    const metrics = Object.entries(paid).flatMap(([group, [mean, answers]]) => [
      [`fairness/${group}/mean`, mean],
      [`fairness/${group}/answers`, answers],
    ]);
    const rewardModelHash = iteration < swappedAt ? 'model-a' : 'model-b';
    return { iteration, policyVersion: iteration, rewardModelHash, metrics: Object.fromEntries(metrics) };
  });
  return guard.pauseReason(guard.recall(finished), DISK);
}

const low: Paid = { 'ar/food': [-1, 8], 'ar/travel': [1, 8] };

describe('a group that is paid less than the floor', () => {
  it('pauses the run after a row of iterations, with what was found, what is allowed and what to do', () => {
    const reason = judge([low, low, { ...low, 'ar/food': [-0.25, 8] }], -0.5);
    expect(reason).toMatchObject({
      kind: 'subgroup_below_floor',
      sentence:
        'Iteration 2: fairness/ar/food/mean was -0.75 over 24 answers in the last 3 iterations; allowed: at least -0.5 (health.subgroupFloor).',
    });
    expect(reason?.nextStep).toContain('`majlis rollback r1 --policy V`');
  });

  it('counts by its answers, not by its iterations', () => {
    // (-2 · 4 + 1 · 20 + 0 · 8) / 32 is above 0, the mean of the means below it.
    const mixed: Paid[] = [{ 'ar/food': [-2, 4] }, { 'ar/food': [1, 20] }, { 'ar/food': [0, 8] }];
    expect(judge(mixed, 0)).toBeUndefined();
    expect(judge(mixed, 0.5)?.sentence).toContain('was 0.375 over 32 answers');
  });

  it('is the worst one that is told', () => {
    const both: Paid = { 'ar/food': [-1, 8], 'ar/travel': [-2, 8] };
    expect(judge([both, both, both], 0)?.sentence).toContain('fairness/ar/travel/mean was -2');
  });

  it('does not pause before the row is full, on a handful of answers, or across two rewards', () => {
    expect(judge([low, low], -0.5)).toBeUndefined();
    const few: Paid = { 'ar/food': [-1, 5] };
    expect(judge([few, few, few], -0.5)).toBeUndefined();
    expect(judge([low, low, low], -0.5, 1)).toBeUndefined();
  });

  it('never pauses where no floor is written', () => {
    expect(judge([low, low, low])).toBeUndefined();
    expect(judge([low, low, low], -1)).toBeUndefined();
  });
});
