import { DEFAULT_HEALTH } from '../../../../core/config/health-options.js';
import { DEFAULT_WATCH, watchedOnly } from '../../../../core/config/watch-options.js';
import type { WatchOptions } from '../../../../core/config/watch-options.js';
import { HealthGuard } from '../../../../coordinator/health/health-guard.js';
import type { FinishedIteration } from '../../../../coordinator/health/health-history.js';
import type { PauseReason } from '../../../../coordinator/health/pause-reason.js';

type Metrics = FinishedIteration['metrics'];

const DISK = { path: '/data', freeBytes: Infinity, iterationBytes: 0 };

function guardOf(watch: Partial<WatchOptions> = {}): HealthGuard {
  const context = { run: 'r1', excludedShareAlarm: 0.25, watch: { ...DEFAULT_WATCH, ...watch } };
  return new HealthGuard(DEFAULT_HEALTH, context);
}

/** Iteration i samples from policy version i; `swappedAt` is the first one under another reward model. */
function finished(changes: readonly Metrics[], swappedAt = Infinity): FinishedIteration[] {
  return changes.map((metrics, iteration) => ({
    iteration,
    policyVersion: iteration,
    rewardModelHash: iteration < swappedAt ? 'model-a' : 'model-b',
    metrics,
  }));
}

function judge(changes: readonly Metrics[], watch: Partial<WatchOptions> = {}): PauseReason | undefined {
  const guard = guardOf(watch);
  return guard.pauseReason(guard.recall(finished(changes)), DISK);
}

describe('canaries that are paid', () => {
  const paid = (share: number): Metrics[] => [{}, { 'watch/canaries_paid_share': share }];

  it('pause at once, with what was found, what is allowed and what to do', () => {
    expect(judge(paid(0.25))).toEqual({
      kind: 'canaries_paid',
      sentence:
        'Iteration 1: watch/canaries_paid_share was 0.25, of answers that answer nothing; allowed: at most 0.1 (watch.canaryLimit).',
      nextStep:
        'Give the rubric a veto on what is no answer (evaluator degenerate) and swap it in with `majlis rubric swap r1 RUBRIC`, then `majlis resume r1`.',
    });
  });

  it('may be as many as the limit, or any number where there is none', () => {
    expect(judge(paid(0.1))).toBeUndefined();
    expect(judge(paid(1), { canaryLimit: 'off' })).toBeUndefined();
  });

  it('do not pause a second time in an iteration that did not look', () => {
    expect(judge([...paid(1), {}])).toBeUndefined();
  });
});

describe('a reward that follows style', () => {
  const long = (correlation: number, length: number): Metrics => ({
    'watch/length_correlation': correlation,
    'answers/mean_length': length,
    'watch/length_std': 4,
  });
  const start = [long(0.9, 20), long(0.9, 20), long(0.9, 20)];
  const three = (correlation: number, length: number): Metrics[] => [
    ...start,
    ...Array.from({ length: 3 }, () => long(correlation, length)),
  ];

  it('pauses where answers went where it pays: 6 of 4 tokens are 1.5 deviations', () => {
    const reason = judge(three(0.9, 26));
    expect(reason?.kind).toBe('style_rewarded');
    expect(reason?.sentence).toBe(
      "Iteration 5: watch/length_correlation was 0.9, 0.9, 0.9 while answers/mean_length stood 1.5, 1.5, 1.5 standard deviations from the run's start, where it pays, in the last 3 iterations; allowed: at most 0.5 on either side of 0 (watch.styleCorrelation) or 1 standard deviations (watch.styleShift).",
    );
    expect(reason?.nextStep).toMatch(
      /^Go back with `majlis rollback r1 --policy 2`, then `majlis resume r1`/,
    );
  });

  it('pauses where short answers are paid and answers got shorter', () => {
    expect(judge(three(-0.9, 14))?.kind).toBe('style_rewarded');
  });

  it.each([
    ['follows it, and answers stay', 0.9, 23],
    ['follows it, and answers went the other way', -0.9, 26],
    ['hardly follows it', 0.5, 40],
  ])('goes on where it %s', (_what, correlation, length) => {
    expect(judge(three(correlation, length))).toBeUndefined();
  });

  it('goes on after fewer iterations than a row', () => {
    expect(judge(three(0.9, 26).slice(0, 5))).toBeUndefined();
    expect(judge([...three(0.9, 26), long(0.1, 26)])).toBeUndefined();
  });

  it('pools the deviations of both batches, so that marks which nobody made at first can be compared', () => {
    const marks = (mean: number, deviation: number): Metrics => ({
      'watch/format_correlation': 0.8,
      'watch/format_mean': mean,
      'watch/format_std': deviation,
    });
    const rise = (mean: number): Metrics[] => [
      ...[0, 0, 0].map(() => marks(0, 0)),
      ...[0, 0, 0].map(() => marks(mean, 2)),
    ];
    // √((0 + 4) / 2) = 1.414.
    expect(judge(rise(1.5))?.kind).toBe('style_rewarded');
    expect(judge(rise(1.4))).toBeUndefined();
  });

  it('goes on where it was not measured or the limit is off', () => {
    expect(judge(three(NaN, 26).map(() => ({})))).toBeUndefined();
    expect(judge(three(0.9, 26), { styleCorrelation: 'off' })).toBeUndefined();
  });
});

describe('a reward that is overoptimized', () => {
  const check = (proxy: number, winRate: number): Metrics => ({
    'watch/proxy_score': proxy,
    'watch/control_win_rate': winRate,
    'watch/control_win_rate_low': winRate - 0.1,
    'watch/control_win_rate_high': winRate + 0.1,
  });
  const curve = [check(0, 0.5), check(1, 0.8), check(2, 0.7), check(3, 0.55), check(4, 0.5)];

  it('pauses once two checks in a row lie wholly below the best one while the proxy rose', () => {
    const reason = judge(curve);
    expect(reason?.kind).toBe('overoptimized');
    expect(reason?.sentence).toBe(
      'Iteration 4: watch/control_win_rate was 0.55 (0.45 to 0.65), 0.5 (0.4 to 0.6) in the last 2 checks while watch/proxy_score rose from 1 to 3, 4; allowed: no interval below that of the best check, 0.8 (0.7 to 0.9) in iteration 1.',
    );
    expect(reason?.nextStep).toMatch(
      /^Go back with `majlis rollback r1 --policy 1`, then `majlis resume r1`/,
    );
  });

  it('goes on before that, and while intervals overlap', () => {
    expect(judge(curve.slice(0, 4))).toBeUndefined();
    expect(judge([check(1, 0.7), check(2, 0.51), check(3, 0.51)])).toBeUndefined();
  });

  it('goes on where the proxy fell too: that is no overoptimization', () => {
    expect(judge([check(3, 0.8), check(2, 0.5), check(1, 0.5)])).toBeUndefined();
  });

  it('tells of it at a check, and not between two', () => {
    expect(judge([...curve, {}])).toBeUndefined();
    expect(
      judge([check(1, 0.8), {}, {}, {}, {}, {}, check(2, 0.5), {}, {}, {}, {}, {}, check(3, 0.5)])?.kind,
    ).toBe('overoptimized');
  });

  it('compares checks under one reward only', () => {
    const guard = guardOf();
    const swapped = (at: number): PauseReason | undefined =>
      guard.pauseReason(guard.recall(finished(curve, at)), DISK);
    expect(swapped(1)?.kind).toBe('overoptimized');
    expect(swapped(2)).toBeUndefined();
  });

  it('starts from the next check once a person resumed', () => {
    const guard = guardOf();
    expect(guard.pauseReason(guard.recall(finished(curve), 2), DISK)).toBeUndefined();
  });

  it('takes as many checks as it is told, and none where it is off', () => {
    expect(judge(curve.slice(0, 4), { controlChecks: 1 })?.kind).toBe('overoptimized');
    expect(judge(curve, { controlChecks: 'off' })).toBeUndefined();
  });
});

it('pauses for nothing where it is only watched', () => {
  const gamed: Metrics = {
    'watch/canaries_paid_share': 1,
    'watch/length_correlation': 1,
    'watch/length_std': 1,
    'watch/control_win_rate': 0,
    'watch/control_win_rate_low': 0,
    'watch/control_win_rate_high': 0,
  };
  const changes = [1, 2, 3, 10, 20, 30].map((at): Metrics => ({
    ...gamed,
    'answers/mean_length': at,
    'watch/proxy_score': at,
    ...(at === 1 ? { 'watch/control_win_rate': 1, 'watch/control_win_rate_low': 1 } : {}),
  }));
  expect(judge(changes)).toBeDefined();
  expect(judge(changes, watchedOnly(DEFAULT_WATCH))).toBeUndefined();
});
