import type { ScoreDifference } from '../../../../core/domain/shadow.js';
import type { ShadowSummary } from '../../../pipeline/shadow-summary.js';
import { formatTable } from '../../../terminal/format-table.js';
import { shortened } from '../../../terminal/shortened.js';
import { formatMetric } from '../../runs/format-metric.js';
import type { ShadowStanding } from './shadow-standing.js';

export interface ShadowTold {
  readonly run: string;
  /** The candidate's id. */
  readonly name: string;
  readonly standing: ShadowStanding;
  /** Absent where it was never scored. */
  readonly summary: ShadowSummary | undefined;
  /** Whether the run has. */
  readonly hasEnded: boolean;
}

/** What a candidate told beside the rubric in force, for people. */
export function shadowText({ run, name, standing, summary, hasEnded }: ShadowTold): string {
  const head = `${name} (${standing.rubricHash.slice(0, 12)}) beside the rubric in force of ${run}; nothing is learned from it`;
  const state = `${stateOf(standing, hasEnded)}; ${scoredIn(summary)}`;
  if (summary === undefined) return [head, state].join('\n');
  const { means, last, differences } = summary;
  const rows = Object.keys(means).map((figure) => [
    figure,
    formatMetric(means[figure]),
    formatMetric(last[figure]),
  ]);
  return [
    ...[head, state, ''],
    formatTable(['figure', 'mean', 'last'], rows),
    ...(differences.length === 0
      ? []
      : ['', 'Clearest differences:', ...differences.flatMap(differenceLines)]),
  ].join('\n');
}

function stateOf({ standing, from, reason }: ShadowStanding, hasEnded: boolean): string {
  switch (standing) {
    case 'pending':
      return `asked for, from ${from === undefined ? 'the next boundary' : `iteration ${from}`} on`;
    case 'scored':
      return hasEnded ? 'scored until the run ended' : `scored since iteration ${from}`;
    case 'ended':
      return `ended: ${reason}`;
  }
}

function scoredIn(summary: ShadowSummary | undefined): string {
  if (summary === undefined) return 'no iteration has been scored yet';
  const { iterations } = summary;
  const [first, last] = [iterations[0], iterations[iterations.length - 1]];
  return iterations.length === 1
    ? `one iteration scored, ${first}`
    : `${iterations.length} iterations scored, ${first} to ${last}`;
}

function differenceLines({ prompt, answer, active, shadow }: ScoreDifference, index: number): string[] {
  const gap = Math.abs(shadow - active).toFixed(3);
  return [
    `${index + 1}. ${shortened(prompt)}`,
    `   pays ${gap} ${shadow > active ? 'more' : 'less'} (${active.toFixed(3)} → ${shadow.toFixed(3)}): ${shortened(answer)}`,
  ];
}
