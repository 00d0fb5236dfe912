/**
 * Reward overoptimization as Gao, Schulman and Hilton describe it (2022, arXiv 2210.10760): with growing distance from
 * the reference the proxy reward goes on rising while what it stands for rises, peaks and falls. Here the control judge's
 * win rate stands for it.
 *
 * - Checks are compared under one reward only: another reward model has another scale, and another rubric another judge.
 * - A check is past the peak where its interval lies wholly below that of the best check before it. The best of several
 *   noisy checks is too high by chance, so its own interval counts too: of simulated runs of twelve checks, 32 prompts each
 *   and a win rate of 0.6 throughout, 43% had two in a row below the best check's value, and 2% below its interval.
 */
import { isControlCheck } from './health-history.js';
import type { FinishedIteration } from './health-history.js';
import type { HealthCheck } from './health-check.js';
import { figure, goBack } from './pause-reason.js';
import type { PauseReason } from './pause-reason.js';

const WIN_RATE = 'watch/control_win_rate';
const PROXY = 'watch/proxy_score';

/** Stops when this many checks in a row, the last one just done, were past the peak with a proxy above the peak's. */
export function overoptimized(run: string, count: number): HealthCheck {
  return (history) => {
    const last = history.recent.at(-1);
    if (last === undefined || !isControlCheck(last)) return undefined;
    const checks = history.checks.filter(({ rewardModelHash }) => rewardModelHash === last.rewardModelHash);
    const before = checks.slice(0, -count);
    const peak = before.reduce<FinishedIteration | undefined>(
      (best, one) => (best === undefined || one.metrics[WIN_RATE] > best.metrics[WIN_RATE] ? one : best),
      undefined,
    );
    if (peak === undefined) return undefined;
    const past = checks.slice(-count);
    if (!past.every((check) => isPast(check, peak))) return undefined;
    return reasonOf(run, peak, past);
  };
}

function isPast({ metrics }: FinishedIteration, { metrics: peak }: FinishedIteration): boolean {
  return metrics[PROXY] > peak[PROXY] && metrics[`${WIN_RATE}_high`] < peak[`${WIN_RATE}_low`];
}

function reasonOf(run: string, peak: FinishedIteration, past: readonly FinishedIteration[]): PauseReason {
  const last = past[past.length - 1];
  const rates = past.map(({ metrics }) => interval(metrics)).join(', ');
  const proxies = past.map(({ metrics }) => figure(metrics[PROXY])).join(', ');
  const which = past.length === 1 ? 'in the last check' : `in the last ${past.length} checks`;
  return {
    kind: 'overoptimized',
    sentence: `Iteration ${last.iteration}: ${WIN_RATE} was ${rates} ${which} while ${PROXY} rose from ${figure(peak.metrics[PROXY])} to ${proxies}; allowed: no interval below that of the best check, ${interval(peak.metrics)} in iteration ${peak.iteration}.`,
    nextStep: `${goBack(run, `\`majlis rollback ${run} --policy ${peak.policyVersion}\``)}; if it comes again, start a run with a higher algorithm.kl.initial or a lower algorithm.kl.target, or with better pairs for the reward model.`,
  };
}

function interval(metrics: FinishedIteration['metrics']): string {
  return `${figure(metrics[WIN_RATE])} (${figure(metrics[`${WIN_RATE}_low`])} to ${figure(metrics[`${WIN_RATE}_high`])})`;
}
