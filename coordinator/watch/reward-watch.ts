/**
 * Watches whether a policy games its reward: figures that join those of the iteration, for the health guard to judge and
 * for people to read.
 *
 * - It never changes what a run learns: it draws from no stream of the run and leaves every model alone.
 * - Equal iterations have equal figures, so that one that is done again after a crash is recorded as it was.
 * - A failure is thrown; it never becomes a figure.
 */
import type { WatchOptions } from '../../core/config/watch-options.js';
import type { Scorer } from '../../core/scorer/scorer.js';
import { canaryFigures } from './canary-figures.js';
import type { Canary } from './canary-figures.js';
import type { ControlCheck } from './control-check.js';
import { fairnessFigures } from './fairness-figures.js';
import { styleFigures } from './style-figures.js';
import type { WatchedIteration, WatchFigures } from './watched-iteration.js';

/** What a watch holds beside the run, each where there is one. */
export interface WatchProbes {
  /** Scored as the policy's answers are. */
  readonly canaries?: readonly Canary[];
  readonly control?: ControlCheck;
}

export interface RewardWatchParts {
  readonly scorer: Scorer;
  readonly probes: WatchProbes;
  readonly options: Pick<WatchOptions, 'canaryEvery' | 'controlEvery'>;
}

export class RewardWatch {
  constructor(private readonly parts: RewardWatchParts) {}

  /** The figures of an iteration, to be recorded with it. */
  async measure(watched: WatchedIteration, signal: AbortSignal): Promise<WatchFigures> {
    const { canaryEvery, controlEvery } = this.parts.options;
    const { iteration } = watched.batch.plan;
    const [canaries, control] = await Promise.all([
      isDue(iteration, canaryEvery) ? this.canaries(watched, signal) : {},
      isDue(iteration, controlEvery) ? this.control(watched, signal) : {},
    ]);
    return { ...styleFigures(watched), ...fairnessFigures(watched), ...canaries, ...control };
  }

  private async canaries(watched: WatchedIteration, signal: AbortSignal): Promise<WatchFigures> {
    const { scorer, probes } = this.parts;
    const { canaries = [] } = probes;
    return canaries.length === 0 ? {} : canaryFigures(watched, { scorer, canaries }, signal);
  }

  private async control({ batch }: WatchedIteration, signal: AbortSignal): Promise<WatchFigures> {
    const found = await this.parts.probes.control?.check(batch.plan, signal);
    if (found === undefined) return {};
    const { winRate, groups = {}, proxyScore } = found;
    return {
      'watch/control_win_rate': winRate.value,
      'watch/control_win_rate_low': winRate.low,
      'watch/control_win_rate_high': winRate.high,
      ...Object.fromEntries(
        Object.entries(groups).map(([group, value]) => [`fairness/${group}/control_win_rate`, value]),
      ),
      ...(proxyScore === undefined ? {} : { 'watch/proxy_score': proxyScore }),
    };
  }
}

function isDue(iteration: number, every: number | 'off'): boolean {
  return every !== 'off' && iteration % every === 0;
}
