import type { RunEvent, RunEventPayload } from '../../core/domain/run.js';
import type { ScoreDifference } from '../../core/domain/shadow.js';
import { clearestDifferences } from '../../coordinator/shadow/compare-scores.js';

/** What a candidate rubric made of a run's answers, over all iterations in which it was scored. */
export interface ShadowSummary {
  readonly rubricId: string;
  readonly rubricHash: string;
  /** Iterations in which it was scored, ascending. */
  readonly iterations: readonly number[];
  /** Means over those iterations that have the figure, by its name after `shadow/`. */
  readonly means: Readonly<Record<string, number>>;
  /** Of the last iteration. */
  readonly last: Readonly<Record<string, number>>;
  readonly differences: readonly ScoreDifference[];
}

type Scored = Extract<RunEventPayload, { readonly kind: 'shadow_scored' }>;

/** One summary for each candidate that a run's events tell of, the one that was scored last at the end. */
export function shadowSummaries(events: readonly RunEvent[]): ShadowSummary[] {
  const byHash = new Map<string, Scored[]>();
  for (const { payload } of events) {
    if (payload.kind !== 'shadow_scored') continue;
    const before = byHash.get(payload.rubricHash) ?? [];
    byHash.delete(payload.rubricHash);
    byHash.set(payload.rubricHash, [...before, payload]);
  }
  return [...byHash.values()].map(summaryOf);
}

function summaryOf(scored: readonly Scored[]): ShadowSummary {
  const last = scored[scored.length - 1];
  const figures = scored.map(({ metrics }) => figuresOf(metrics));
  const names = [...new Set(figures.flatMap(Object.keys))];
  return {
    rubricId: last.rubricId,
    rubricHash: last.rubricHash,
    iterations: scored.map(({ iteration }) => iteration),
    means: Object.fromEntries(
      names.map((name) => [name, meanOf(figures.flatMap((each) => each[name] ?? []))]),
    ),
    last: figuresOf(last.metrics),
    differences: clearestDifferences(scored.flatMap(({ differences }) => differences)),
  };
}

function figuresOf(metrics: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [name.replace(/^shadow\//, ''), value]),
  );
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
