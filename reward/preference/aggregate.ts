import type { AnswerPair, Preference } from '../../core/domain/preference.js';
import type { PairVerdict } from '../../core/domain/verdict.js';
import type { Fuser } from './fuser.js';
import type { JudgeRecord } from './panel-votes.js';
import { collectVotes } from './panel-votes.js';

export interface AggregateInput {
  readonly rubricHash: string;
  readonly pairs: readonly AnswerPair[];
  readonly verdicts: readonly PairVerdict[];
  readonly fuser: Fuser;
}

/** Preferences fused from a panel, and what it took. */
export interface Aggregate {
  readonly preferences: readonly Preference[];
  /** Ids of pairs that no judge scored: left out, not tied. */
  readonly droppedPairs: readonly string[];
  readonly judges: ReadonlyMap<string, JudgeRecord>;
  /** Mean contribution of each criterion over the verdicts that break theirs down, by pair id. */
  readonly contributions: ReadonlyMap<string, Readonly<Record<string, number>>>;
}

/** Fuses each pair's verdicts into one soft preference. The kept pairs of a prompt share weight 1. */
export function aggregate({ rubricHash, pairs, verdicts, fuser }: AggregateInput): Aggregate {
  const relevant = verdicts.filter((verdict) => verdict.rubricHash === rubricHash);
  const { votes, judges, excludedByPair } = collectVotes(relevant);
  const kept = pairs.filter((pair) => votes.has(pair.id));
  const perPrompt = new Map<string, number>();
  for (const { prompt } of kept) perPrompt.set(prompt.id, (perPrompt.get(prompt.id) ?? 0) + 1);
  return {
    preferences: kept.map((pair) => ({
      pair,
      rubricHash,
      probabilityFirst: fuser.fuse(votes.get(pair.id) ?? new Map()),
      weight: 1 / (perPrompt.get(pair.prompt.id) ?? 1),
      excludedVerdicts: excludedByPair.get(pair.id) ?? 0,
    })),
    droppedPairs: pairs.filter((pair) => !votes.has(pair.id)).map((pair) => pair.id),
    judges,
    contributions: meanContributions(relevant),
  };
}

function meanContributions(verdicts: readonly PairVerdict[]): Map<string, Record<string, number>> {
  const sums = new Map<string, { count: number; parts: Record<string, number> }>();
  for (const { pairId, outcome } of verdicts) {
    if (outcome.kind !== 'scored' || outcome.score.contributions === undefined) continue;
    const sum = sums.get(pairId) ?? { count: 0, parts: {} };
    sums.set(pairId, sum);
    sum.count += 1;
    for (const [key, part] of Object.entries(outcome.score.contributions)) {
      sum.parts[key] = (sum.parts[key] ?? 0) + part;
    }
  }
  return new Map(
    [...sums].map(([pairId, { count, parts }]) => [
      pairId,
      Object.fromEntries(Object.entries(parts).map(([key, part]) => [key, part / count])),
    ]),
  );
}
