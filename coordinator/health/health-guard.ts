/**
 * Decides, after an iteration and before the next, whether a run should stop for a person. It never changes what a run
 * learns: it sees finished figures only, and a run that it lets go on is bit for bit the run without it.
 *
 * - Limits are compiled once. One that is `off` has no check at all.
 * - A limit on noisy figures has to be passed several iterations in a row; what is broken beyond doubt stops at once.
 * - What led to a pause counts no more once a person resumed (`startedAnew`), or the run could never go on.
 */
import type { HealthOptions } from '../../core/config/health-options.js';
import { DEFAULT_WATCH } from '../../core/config/watch-options.js';
import type { WatchOptions } from '../../core/config/watch-options.js';
import { canariesPaid } from './canaries-paid.js';
import { diskNearlyFull } from './disk-nearly-full.js';
import { entropyCollapsed } from './entropy-collapsed.js';
import type { DiskState, HealthCheck } from './health-check.js';
import { NO_HISTORY, remember } from './health-history.js';
import type { FinishedIteration, HealthHistory } from './health-history.js';
import { klExploded } from './kl-exploded.js';
import type { KlLimit } from './kl-exploded.js';
import { nonFinite, skippedUpdates } from './non-finite.js';
import { overoptimized } from './overoptimized.js';
import type { PauseReason } from './pause-reason.js';
import { STYLE_PROPERTIES, styleRewarded } from './style-rewarded.js';
import { subgroupFloor } from './subgroup-floor.js';
import { tooFewScores } from './too-few-scores.js';

/** What the limits depend on besides the options. */
export interface HealthContext {
  readonly run: string;
  /** `algorithm.kl.target`, where it is set. */
  readonly klTarget?: number | undefined;
  readonly excludedShareAlarm: number;
  /** The defaults unless told. */
  readonly watch?: WatchOptions;
}

const GIB = 2 ** 30;

export class HealthGuard {
  private readonly checks: readonly HealthCheck[];
  /** One more than a row, so that what stood before it is known. */
  private readonly keep: number;

  constructor(options: HealthOptions, context: HealthContext) {
    this.checks = compiledChecks(options, context);
    this.keep = options.iterations + 1;
  }

  /** The history with one more finished iteration. */
  remember(history: HealthHistory, finished: FinishedIteration): HealthHistory {
    return remember(history, finished, this.keep);
  }

  /**
   * The history of a run that is continued, from its journal, oldest first. `since` is the first iteration after it was
   * last resumed or rolled back.
   */
  recall(finished: readonly FinishedIteration[], since = 0): HealthHistory {
    const all = finished.reduce((history, one) => this.remember(history, one), NO_HISTORY);
    const isSince = ({ iteration }: FinishedIteration): boolean => iteration >= since;
    return { ...all, recent: all.recent.filter(isSince), checks: all.checks.filter(isSince) };
  }

  /** Why the run should stop after the newest iteration of its history; undefined while it is well. */
  pauseReason(history: HealthHistory, disk: DiskState): PauseReason | undefined {
    for (const check of this.checks) {
      const reason = check(history, disk);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }
}

/** In the order in which they are told: what is broken first, then what runs out, what drifts, and what is gamed. */
function compiledChecks(options: HealthOptions, context: HealthContext): HealthCheck[] {
  const { run, excludedShareAlarm } = context;
  const { iterations } = options;
  const disk = {
    bytes: ifOn(options.diskFreeGiB, 0) * GIB,
    iterations: ifOn(options.diskFreeIterations, 0),
  };
  const kl = klLimit(options, context.klTarget);
  return [
    options.nonFinite === 'pause' ? nonFinite(run) : undefined,
    options.skippedUpdates === 'pause' ? skippedUpdates(run, iterations) : undefined,
    disk.bytes > 0 || disk.iterations > 0 ? diskNearlyFull(run, disk) : undefined,
    kl === undefined ? undefined : klExploded(run, kl, iterations),
    options.entropyShare === 'off' ? undefined : entropyCollapsed(run, options.entropyShare, iterations),
    options.tooFewScores === 'pause' ? tooFewScores(run, excludedShareAlarm, iterations) : undefined,
    options.subgroupFloor === undefined ? undefined : subgroupFloor(run, options.subgroupFloor, iterations),
    ...watchChecks(context, iterations),
  ].filter((check) => check !== undefined);
}

function watchChecks(
  { run, watch = DEFAULT_WATCH }: HealthContext,
  iterations: number,
): (HealthCheck | undefined)[] {
  const { canaryLimit, styleCorrelation: correlation, styleShift: shift, controlChecks } = watch;
  return [
    canaryLimit === 'off' ? undefined : canariesPaid(run, canaryLimit),
    ...STYLE_PROPERTIES.map((property) =>
      correlation === 'off' ? undefined : styleRewarded(run, property, { correlation, shift }, iterations),
    ),
    controlChecks === 'off' ? undefined : overoptimized(run, controlChecks),
  ];
}

/** The lower of what is on; undefined where neither is. */
function klLimit({ klBudget, klTimesTarget }: HealthOptions, target?: number): KlLimit | undefined {
  const limits: KlLimit[] = [];
  if (klBudget !== 'off') limits.push({ nats: klBudget, source: 'health.klBudget' });
  if (klTimesTarget !== 'off' && target !== undefined) {
    const source = `health.klTimesTarget: ${klTimesTarget} times algorithm.kl.target`;
    limits.push({ nats: klTimesTarget * target, source });
  }
  return limits.sort((a, b) => a.nats - b.nats).at(0);
}

function ifOn(limit: number | 'off', whereOff: number): number {
  return limit === 'off' ? whereOff : limit;
}
