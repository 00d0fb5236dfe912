import type { AnswerPair } from '../../core/domain/preference.js';
import type { Aggregate } from './aggregate.js';

/** A pair whose preferred answer is another one under the second rubric. */
export interface FlippedPair {
  readonly pair: AnswerPair;
  readonly probabilityBefore: number;
  readonly probabilityAfter: number;
  /** The criterion that moved furthest towards the new winner; absent where no judge broke its verdict down. */
  readonly criterion?: string;
  /** How far its contribution to first minus second moved. */
  readonly change?: number;
}

/** The pairs that a rubric swap flipped, largest change of probability first. A tie on either side is no flip. */
export function flippedPairs(before: Aggregate, after: Aggregate): FlippedPair[] {
  const earlier = new Map(before.preferences.map((preference) => [preference.pair.id, preference]));
  const flipped = after.preferences.flatMap(({ pair, probabilityFirst }) => {
    const probabilityBefore = earlier.get(pair.id)?.probabilityFirst;
    if (probabilityBefore === undefined) return [];
    if ((probabilityBefore - 0.5) * (probabilityFirst - 0.5) >= 0) return [];
    const direction = Math.sign(probabilityFirst - probabilityBefore);
    const cause = largestChange(
      before.contributions.get(pair.id),
      after.contributions.get(pair.id),
      direction,
    );
    return [{ pair, probabilityBefore, probabilityAfter: probabilityFirst, ...cause }];
  });
  return flipped.sort((a, b) => moved(b) - moved(a));
}

function moved({ probabilityBefore, probabilityAfter }: FlippedPair): number {
  return Math.abs(probabilityAfter - probabilityBefore);
}

type Contributions = Readonly<Record<string, number>>;

/** A criterion that only one rubric has contributes 0 under the other. */
function largestChange(
  before: Contributions | undefined,
  after: Contributions | undefined,
  direction: number,
): { criterion: string; change: number } | undefined {
  if (before === undefined || after === undefined) return undefined;
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changes = keys.map((criterion) => ({
    criterion,
    change: (after[criterion] ?? 0) - (before[criterion] ?? 0),
  }));
  changes.sort((a, b) => direction * (b.change - a.change));
  return changes.at(0);
}
