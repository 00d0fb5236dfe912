import { z } from 'zod';
import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import type { JudgementOperations } from './judgement-operations.js';
import type { Spend } from './judgement-store.js';

const spendRow: z.ZodType<Spend> = z.object({
  run: z.string(),
  judge: z.string(),
  rubricHash: z.string(),
  calls: z.number(),
  failedCalls: z.number(),
  promptTokens: z.number(),
  completionTokens: z.number(),
  costMicros: z.number(),
});

/** What was spent on ended calls. */
export function spendOperations(database: ExclusiveDatabase): Pick<JudgementOperations, 'spend'> {
  return {
    spend({ run = null, judge = null, rubricHash = null }) {
      const query = `SELECT run, judge, rubric_hash AS rubricHash, calls, failed_calls AS failedCalls,
        prompt_tokens AS promptTokens, completion_tokens AS completionTokens, cost_micros AS costMicros
        FROM spend WHERE run = coalesce(?, run) AND judge = coalesce(?, judge) AND rubric_hash = coalesce(?, rubric_hash)
        ORDER BY run, judge, rubric_hash`;
      return database.select(spendRow, query, run, judge, rubricHash);
    },
  };
}
