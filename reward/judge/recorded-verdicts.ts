import { z } from 'zod';
import { readJsonLines } from '../../core/config/read-json-lines.js';
import type { PairVerdict } from '../../core/domain/verdict.js';

const reason = z.string();
const scoreSchema = z
  .strictObject({
    probabilityFirst: z.number().min(0).max(1),
    contributions: z.record(z.string(), z.number()).optional(),
    rationale: z.string().optional(),
  })
  .transform(({ probabilityFirst, contributions, rationale }) => ({
    probabilityFirst,
    ...(contributions === undefined ? {} : { contributions }),
    ...(rationale === undefined ? {} : { rationale }),
  }));
const outcomeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('scored'), score: scoreSchema }),
  z.strictObject({ kind: z.literal('abstained'), reason }),
  z.strictObject({ kind: z.literal('judge_failed'), reason, retryable: z.boolean() }),
  z.strictObject({ kind: z.literal('unparseable'), raw: z.string() }),
  z.strictObject({ kind: z.literal('policy_malformed'), reason }),
]);
/** A recorded verdict, as one line of JSON. */
export const verdictSchema = z
  .strictObject({
    judgeId: z.string().min(1),
    rubricHash: z.string().min(1),
    criterionHash: z.string().min(1).optional(),
    pairId: z.string().min(1),
    order: z.enum(['first_shown_first', 'second_shown_first']),
    outcome: outcomeSchema,
  })
  .transform(({ criterionHash, ...rest }): PairVerdict =>
    criterionHash === undefined ? rest : { ...rest, criterionHash },
  );

/** The verdicts of a file of `verdictLine`s. A line that is none is a BadInputError with its number. */
export async function readVerdicts(path: string): Promise<PairVerdict[]> {
  return readJsonLines(path, verdictSchema);
}

/** A verdict as one line of a record, with its line feed. */
export function verdictLine(verdict: PairVerdict): string {
  return `${JSON.stringify(verdict)}\n`;
}
