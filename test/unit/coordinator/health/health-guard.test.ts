import { DEFAULT_HEALTH, healthSchema } from '../../../../core/config/health-options.js';
import type { HealthOptions } from '../../../../core/config/health-options.js';
import { HealthGuard } from '../../../../coordinator/health/health-guard.js';
import { NO_HISTORY, startedAnew } from '../../../../coordinator/health/health-history.js';
import type { FinishedIteration, HealthHistory } from '../../../../coordinator/health/health-history.js';
import type { DiskState } from '../../../../coordinator/health/health-check.js';
import type { PauseReason } from '../../../../coordinator/health/pause-reason.js';
import { recordedQuickstart, RECORDED_KL_TARGET } from './quickstart-metrics.js';

type Metrics = FinishedIteration['metrics'];

const GIB = 1024 ** 3;
const ROOMY: DiskState = { path: '/data', freeBytes: 500 * GIB, iterationBytes: 0.01 * GIB };
/** One nat per token, 20 tokens per answer. */
const WELL: Metrics = {
  'objective/kl': 0.5,
  'objective/entropy': 20,
  'answers/mean_length': 20,
  'rewards/excluded_share': 0,
  'policy/grad_norm': 1,
  'val/grad_norm': 1,
  'loss/policy_avg': 0.1,
  'update/skipped_steps': 0,
  lr: 0.0005,
};

function guardOf(choice: Partial<HealthOptions> = {}, klTarget?: number): HealthGuard {
  return new HealthGuard({ ...DEFAULT_HEALTH, ...choice }, { run: 'r1', klTarget, excludedShareAlarm: 0.25 });
}

/** Iterations that are well but for these metrics; iteration i samples from policy version i. */
function finished(changes: readonly Metrics[], first = 0): FinishedIteration[] {
  return changes.map((change, at) => ({
    iteration: first + at,
    policyVersion: first + at,
    rewardModelHash: 'model-a',
    metrics: { ...WELL, ...change },
  }));
}

function judge(changes: readonly Metrics[], guard = guardOf(), disk = ROOMY): PauseReason | undefined {
  return guard.pauseReason(guard.recall(finished(changes)), disk);
}

const times = (count: number, metrics: Metrics): Metrics[] => Array.from({ length: count }, () => metrics);
const kls = (...values: number[]): Metrics[] => values.map((value) => ({ 'objective/kl': value }));
const skips = (...values: number[]): Metrics[] =>
  values.map((value) => ({
    'update/skipped_steps': value,
    'policy/grad_norm': value > 0 ? NaN : 1,
  }));
const excluded = (...values: number[]): Metrics[] =>
  values.map((value) => ({ 'rewards/excluded_share': value }));
const entropies = (...values: number[]): Metrics[] => values.map((value) => ({ 'objective/entropy': value }));

describe('a healthy run', () => {
  it('is never paused: every iteration of a recorded quickstart passes', () => {
    const guard = guardOf({}, RECORDED_KL_TARGET);
    let history: HealthHistory = NO_HISTORY;
    const reasons = recordedQuickstart.map((one) => {
      history = guard.remember(history, one);
      return guard.pauseReason(history, ROOMY);
    });
    expect(reasons).toHaveLength(28);
    expect(reasons.filter((reason) => reason !== undefined)).toEqual([]);
  });

  it('is not paused before anything is finished', () => {
    expect(guardOf().pauseReason(NO_HISTORY, ROOMY)).toBeUndefined();
  });
});

describe('numbers that are not finite', () => {
  it.each([
    ['objective/kl', NaN],
    ['loss/policy_avg', Infinity],
    ['loss/value_avg', -Infinity],
    ['policy/grad_norm', NaN],
    ['val/grad_norm', Infinity],
    ['policy/approxkl_avg', NaN],
  ])('pause at once: %s %d', (name, value) => {
    expect(judge([{}, { [name]: value }])).toMatchObject({
      kind: 'non_finite',
      sentence: `Iteration 1: ${name} is ${value}; allowed: finite numbers.`,
    });
  });

  it('name the version to go back to and the learning rate', () => {
    expect(judge([{}, {}, {}, { 'objective/kl': NaN }])?.nextStep).toBe(
      'Go back with `majlis rollback r1 --policy 2`, then `majlis resume r1`; if it comes again, start a run with a lower algorithm.policyLearningRate (now 0.0005) or algorithm.criticLearningRate.',
    );
  });

  it('are counted from the fourth on', () => {
    const all = {
      'objective/kl': NaN,
      'loss/policy_avg': NaN,
      'policy/grad_norm': NaN,
      'val/grad_norm': NaN,
    };
    expect(judge([all])?.sentence).toMatch(/^Iteration 0: .* and 1 more metrics are not finite; allowed:/);
  });

  it('of an earlier iteration count no more', () => {
    expect(judge([{ 'objective/kl': NaN }, {}])).toBeUndefined();
  });
});

describe('a skipped update', () => {
  it.each([
    ['one', skips(2)],
    ['two in a row', skips(0, 1, 4)],
    ['three with one between that was well', skips(1, 1, 0, 1)],
  ])('alone does not pause: %s', (_, changes) => {
    expect(judge(changes)).toBeUndefined();
  });

  it('pauses at the third iteration in a row', () => {
    expect(judge(skips(0, 1, 2, 4))).toEqual({
      kind: 'non_finite',
      sentence:
        'Iteration 3: update/skipped_steps was 1, 2, 4 in the last 3 iterations, each for a gradient that is not finite; allowed: 0 in at least one of 3 in a row.',
      nextStep:
        'Go back with `majlis rollback r1 --policy 0`, then `majlis resume r1`; if it comes again, start a run with a lower algorithm.policyLearningRate (now 0.0005) or algorithm.criticLearningRate.',
    });
  });

  it('does not hide a loss that is not finite', () => {
    expect(judge([{ ...skips(1)[0], 'loss/policy_avg': NaN }])?.sentence).toBe(
      'Iteration 0: loss/policy_avg is NaN; allowed: finite numbers.',
    );
  });
});

describe('the KL', () => {
  it.each([
    ['at the budget', kls(100, 100, 100), undefined],
    ['past it twice', kls(100.1, 100.1), undefined],
    ['past it, but not in a row', kls(101, 101, 99, 101, 101), undefined],
    ['past it three times', kls(101, 102, 103), 'kl_exploded'],
    ['as far below 0', kls(-101, -233, -101), 'kl_exploded'],
    ['infinite, and so broken', kls(Infinity), 'non_finite'],
  ])('%s', (_, changes, kind) => {
    expect(judge(changes)?.kind).toBe(kind);
  });

  it.each([
    ['10 times a target of 0.6 lie below the budget', {}, kls(6.1, 7.25, 8), 6],
    ['a budget of 5 lies below them', { klBudget: 5 } as const, kls(5.1, 5.1, 5.1), 5],
    ['the budget alone', { klTimesTarget: 'off' } as const, kls(101, 101, 101), 100],
    ['the target alone', { klBudget: 'off' } as const, kls(6.1, 6.1, 6.1), 6],
  ])('takes the lower of its limits: %s', (_, choice, changes, limit) => {
    const guard = guardOf(choice, 0.6);
    expect(judge(kls(limit, limit, limit), guard)).toBeUndefined();
    expect(judge(changes, guard)?.sentence).toContain(`allowed: at most ${limit} on either side of 0`);
  });

  it('is told with its figures, its limit and the way back', () => {
    expect(judge(kls(0.5, 6.1, 7.251234, 8), guardOf({}, 0.6))).toEqual({
      kind: 'kl_exploded',
      sentence:
        'Iteration 3: objective/kl was 6.1, 7.251, 8 nats per answer in the last 3 iterations; allowed: at most 6 on either side of 0 (health.klTimesTarget: 10 times algorithm.kl.target).',
      nextStep:
        'Go back with `majlis rollback r1 --policy 0`, then `majlis resume r1`; if it comes again, start a run with a higher algorithm.kl.initial or a lower algorithm.policyLearningRate.',
    });
  });

  it('below 0 asks about the sampler, since going back does not help', () => {
    expect(judge(kls(-233, -233, -233))?.nextStep).toContain('behaviour/max_log_ratio');
  });
});

describe('the entropy', () => {
  // A token begins with 20 / 20 = 1 nat, so a tenth of it is 2 nats per answer of 20 tokens.
  it.each([
    ['at a tenth of the start', entropies(20, 20, 20, 2, 2, 2), undefined],
    ['below it twice', entropies(20, 20, 20, 1.9, 1.9), undefined],
    ['below it three times', entropies(20, 20, 20, 1.9, 1.9, 1.9), 'entropy_collapsed'],
    ['below it from the second iteration on', entropies(20, 1, 1, 1), 'entropy_collapsed'],
    [
      'below it in short answers of unchanged tokens',
      times(6, { 'objective/entropy': 1, 'answers/mean_length': 1 }),
      undefined,
    ],
    ['that the run began without', entropies(0, 0, 0, 0), undefined],
  ])('%s', (_, changes, kind) => {
    expect(judge(changes)?.kind).toBe(kind);
  });

  it('is told per token, beside what the run began with', () => {
    expect(judge(entropies(20, 30, 20, 20, 2.5, 2, 1))?.sentence).toBe(
      'Iteration 6: objective/entropy was 0.125, 0.1, 0.05 nats per token in the last 3 iterations; allowed: at least 0.15, which is 0.1 of the 1.5 that the run began with.',
    );
  });
});

describe('answers without a score', () => {
  it.each([
    ['at the alarm', excluded(0.25, 0.25, 0.25), undefined],
    ['above it twice', excluded(0.5, 1), undefined],
    ['above it three times', excluded(0.26, 0.5, 1), 'too_few_scores'],
  ])('%s', (_, changes, kind) => {
    expect(judge(changes)?.kind).toBe(kind);
  });

  it('are told as shares, with the alarm that they passed', () => {
    expect(judge(excluded(0, 0.26, 0.5, 1))).toEqual({
      kind: 'too_few_scores',
      sentence:
        'Iteration 3: rewards/excluded_share was 0.26, 0.5, 1 in the last 3 iterations; allowed: at most 0.25 (algorithm.excludedShareAlarm).',
      nextStep:
        'See with `majlis watch r1` since when, let the judges answer again or take another rubric with `majlis rubric swap r1 RUBRIC`, then `majlis resume r1`.',
    });
  });
});

describe('the disk', () => {
  const disk = (free: number, iteration: number): DiskState => ({
    path: '/data',
    freeBytes: free * GIB,
    iterationBytes: iteration * GIB,
  });

  it.each([
    ['1 GiB free', disk(1, 0), undefined],
    ['less', disk(0.999, 0), 'health.diskFreeGiB'],
    ['three iterations of half a GiB fit', disk(1.5, 0.5), undefined],
    [
      'they do not',
      disk(1.499, 0.5),
      '1.50 GiB (health.diskFreeIterations: 3 times the 0.50 GiB of one iteration)',
    ],
  ])('%s', (_, state, told) => {
    const reason = judge([{}], guardOf(), state);
    expect(reason?.kind).toBe(told === undefined ? undefined : 'disk_nearly_full');
    if (told !== undefined) expect(reason?.sentence).toContain(told);
  });

  it('is looked at before the first iteration too', () => {
    expect(guardOf().pauseReason(NO_HISTORY, disk(0.25, 0))).toEqual({
      kind: 'disk_nearly_full',
      sentence: 'The volume of /data has 0.25 GiB free; allowed: at least 1.00 GiB (health.diskFreeGiB).',
      nextStep:
        'Free space on it, with `majlis ledger gc` for what no run needs any more, then `majlis resume r1`.',
    });
  });
});

describe('a limit that is off', () => {
  const full: DiskState = { path: '/data', freeBytes: 0, iterationBytes: GIB };
  const cases: readonly (readonly [Partial<HealthOptions>, readonly Metrics[], DiskState])[] = [
    [{ nonFinite: 'off' }, [{ 'loss/policy_avg': NaN }], ROOMY],
    [{ skippedUpdates: 'off' }, skips(1, 1, 1), ROOMY],
    [{ klBudget: 'off', klTimesTarget: 'off' }, kls(1e9, 1e9, 1e9), ROOMY],
    [{ entropyShare: 'off' }, entropies(20, 0, 0, 0), ROOMY],
    [{ tooFewScores: 'off' }, excluded(1, 1, 1), ROOMY],
    [{ diskFreeGiB: 'off', diskFreeIterations: 'off' }, [{}], full],
  ];

  it.each(cases)('never pauses, and only that one: %j', (choice, changes, disk) => {
    expect(judge(changes, guardOf({}, 0.6), disk)).toBeDefined();
    expect(judge(changes, guardOf(choice, 0.6), disk)).toBeUndefined();
    for (const [other] of cases.filter(([one]) => one !== choice)) {
      expect(judge(changes, guardOf(other, 0.6), disk)).toBeDefined();
    }
  });

  it('leaves the other limit of the disk in force', () => {
    expect(judge([{}], guardOf({ diskFreeGiB: 'off' }), full)?.sentence).toContain('at least 3.00 GiB');
    expect(judge([{}], guardOf({ diskFreeIterations: 'off' }), full)?.sentence).toContain(
      'at least 1.00 GiB',
    );
  });
});

describe('what counts', () => {
  it('is as many iterations in a row as asked for', () => {
    const impatient = guardOf({ iterations: 1 });
    expect(judge(kls(0, 101), impatient)?.sentence).toContain(
      'was 101 nats per answer in the last iteration;',
    );
    expect(judge(kls(101, 101, 101, 101), guardOf({ iterations: 5 }))).toBeUndefined();
  });

  it('begins anew after a resume, with the start of the run still known', () => {
    const guard = guardOf();
    const paused = guard.recall(finished(entropies(20, 20, 20, 1, 1, 1)));
    expect(guard.pauseReason(paused, ROOMY)?.kind).toBe('entropy_collapsed');
    let history = startedAnew(paused);
    const kinds = finished(entropies(1, 1, 1), 6).map((one) => {
      history = guard.remember(history, one);
      return guard.pauseReason(history, ROOMY)?.kind;
    });
    expect(kinds).toEqual([undefined, undefined, 'entropy_collapsed']);
  });

  it('is the same for a run that is continued from its journal', () => {
    const guard = guardOf();
    const journal = finished(kls(0, 0, 0, 101, 101, 101, 101));
    const lived = journal.reduce((history, one) => guard.remember(history, one), NO_HISTORY);
    expect(guard.recall(journal)).toEqual(lived);
    expect(guard.pauseReason(guard.recall(journal, 4), ROOMY)?.kind).toBe('kl_exploded');
    expect(guard.pauseReason(guard.recall(journal, 5), ROOMY)).toBeUndefined();
  });

  it('is what is broken before what drifts', () => {
    const changes = kls(101, 101, 101).map((change) => ({ ...change, 'loss/policy_avg': NaN }));
    expect(judge(changes)?.kind).toBe('non_finite');
  });
});

it('names no version to go back to where none is known to be earlier', () => {
  const guard = guardOf();
  const held = finished(times(4, { 'rewards/excluded_share': 0 })).map((one) => ({
    ...one,
    policyVersion: 7,
  }));
  const broken = { ...held[3], metrics: { ...WELL, 'objective/kl': NaN } };
  expect(guard.pauseReason(guard.recall([...held.slice(0, 3), broken]), ROOMY)?.nextStep).toContain(
    'majlis rollback r1 --policy V`',
  );
});

it('takes the options that a run file gives it', () => {
  const options = healthSchema.parse({ klBudget: 2, iterations: 1 });
  const guard = new HealthGuard(options, { run: 'r1', excludedShareAlarm: 0.25 });
  expect(judge(kls(2.1), guard)?.kind).toBe('kl_exploded');
});
