import type { Run } from '../../../../core/domain/run.js';
import type { Difference } from '../../../pipeline/differences.js';
import { formatTable } from '../../../terminal/format-table.js';
import { formatMetric } from '../format-metric.js';
import { differsInCause } from './compare-runs.js';
import type { RunsComparison } from './compare-runs.js';
import type { Divergence } from './first-divergence.js';

interface DiffReport {
  readonly before: Run;
  readonly after: Run;
  readonly comparison: RunsComparison;
  readonly divergence: Divergence;
}

/** Longest value that is shown whole; of a hash the beginning is enough. */
const WIDEST = 44;

/** What differs, for people: what the runs are functions of first, then what came of it. */
export function diffText({ before, after, comparison, divergence }: DiffReport): string {
  const { config, fingerprints, controls, made, progress, lastMetrics } = comparison;
  const rows = [
    ...[...config, ...fingerprints, ...controls, ...made, ...progress].map(textRow),
    ...lastMetrics.map(metricRow),
  ];
  const isParted = divergence.update !== undefined || divergence.policy !== undefined;
  return [
    `A  ${before.id}`,
    `B  ${after.id}`,
    '',
    ...(rows.length === 0 ? [] : [formatTable(['', 'A', 'B'], rows), '']),
    ...(isParted ? divergenceLines(divergence) : [unparted(divergence, rows.length === 0)]),
    ...(differsInCause(comparison) || divergence.update === undefined ? [] : [UNEXPLAINED]),
  ].join('\n');
}

function unparted({ compared }: Divergence, isSame: boolean): string {
  if (isSame) return 'No difference.';
  return compared === 0
    ? 'There is no iteration that both finished.'
    : `The same in what both did: ${compared === 1 ? 'one iteration' : `${compared} iterations`} and their policies.`;
}

const UNEXPLAINED =
  'Config, fingerprints and control events are the same: a judge endpoint answered otherwise, the schedule was async or, ' +
  'where neither is so, lockstep did not repeat itself; "majlis replay" tells which run does not.';

function divergenceLines({ update, policy }: Divergence): string[] {
  const fields = update?.fields === undefined ? '' : `, in ${update.fields.join(', ')}`;
  return [
    ...(update === undefined ? [] : [`Updates first differ at iteration ${update.iteration}${fields}.`]),
    ...(policy === undefined
      ? []
      : [
          policy === 'last'
            ? 'Policies first differ after the last iteration.'
            : `Policies first differ before iteration ${policy.iteration}.`,
        ]),
  ];
}

function textRow({ place, before, after }: Difference): string[] {
  return [place, shown(before), shown(after)];
}

function metricRow({ place, before, after }: Difference): string[] {
  const figure = (text: string | undefined): string => {
    if (text === undefined) return '-';
    const value = Number(text);
    return Number.isNaN(value) ? shown(text) : formatMetric(value);
  };
  return [place, figure(before), figure(after)];
}

/** Values are JSON: text loses its quotes, and a long one its end. */
function shown(value: string | undefined): string {
  if (value === undefined) return '-';
  const text = value.replace(/^"(.*)"$/s, '$1');
  if (/^[0-9a-f]{64}$/.test(text)) return text.slice(0, 12);
  return text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text;
}
