import type { PairScore, PairVerdict, Outcome } from '../../core/domain/verdict.js';
import { BadInputError } from '../../core/errors.js';
import { canonicalJson, contentHash } from '../../core/runtime/content-hash.js';
import type { Judge } from './judge.js';
import { verdictOf } from './verdict-of.js';

export interface RecordedJudgeOptions {
  /** What held the verdicts, for messages. */
  readonly source: string;
  /** By judge id. */
  readonly families?: ReadonlyMap<string, string>;
  /** The verdicts were given under no rubric of ours and stand for the one they are asked under. */
  readonly anyRubric?: boolean;
}

const ANY = 'any';

/**
 * One judge for each judge of a record, which says again what was said of the same pair, question and order, failures
 * included. What was never asked it abstains from. A record that holds two different verdicts for one question is a
 * BadInputError.
 */
export function createRecordedJudges(
  verdicts: readonly PairVerdict[],
  { source, families, anyRubric = false }: RecordedJudgeOptions,
): Judge[] {
  const byJudge = new Map<string, Map<string, Outcome<PairScore>>>();
  for (const verdict of verdicts) {
    const outcomes = byJudge.get(verdict.judgeId) ?? new Map<string, Outcome<PairScore>>();
    byJudge.set(verdict.judgeId, outcomes);
    const question = anyRubric ? ANY : (verdict.criterionHash ?? verdict.rubricHash);
    const key = keyOf(verdict, question);
    refuseContradiction(outcomes.get(key), verdict, source);
    outcomes.set(key, verdict.outcome);
  }
  return [...byJudge].map(([id, outcomes]) => {
    const family = families?.get(id);
    return {
      id,
      kind: 'recorded',
      fingerprint: contentHash([id, [...outcomes]]),
      ...(family === undefined ? {} : { family }),
      judge: async (request) => {
        const question = anyRubric ? ANY : (request.criterion?.hash ?? request.rubric.hash);
        const outcome = outcomes.get(keyOf({ pairId: request.pair.id, order: request.order }, question));
        return verdictOf(id, request, outcome ?? { kind: 'abstained', reason: 'no verdict was recorded' });
      },
    };
  });
}

function keyOf({ pairId, order }: Pick<PairVerdict, 'pairId' | 'order'>, question: string): string {
  return JSON.stringify([pairId, order, question]);
}

function refuseContradiction(
  before: Outcome<PairScore> | undefined,
  { judgeId, pairId, order, outcome }: PairVerdict,
  source: string,
): void {
  if (before === undefined || canonicalJson(before) === canonicalJson(outcome)) return;
  const found = `two different verdicts of judge ${judgeId} on pair ${pairId}, ${order}`;
  throw new BadInputError({ source, found, allowed: 'one verdict for each judge, pair, question and order' });
}
