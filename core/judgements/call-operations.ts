import { z } from 'zod';
import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import { MajlisError } from '../errors.js';
import type { JudgementOperations } from './judgement-operations.js';
import type { CallEnd, NewCall } from './judgement-store.js';

type CallOperations = Pick<JudgementOperations, 'enterCall' | 'endCall' | 'endLostCalls' | 'callsSince'>;

const sumRow = z.object({ micros: z.number() });
const idRow = z.object({ id: z.number() });
const openRow = z.object({
  call: z.number(),
  run: z.string(),
  judge: z.string(),
  rubricHash: z.string(),
  mostTokens: z.number(),
  mostMicros: z.number(),
});
const recentRow = z.object({ endpoint: z.string(), endedAtMs: z.number(), tokens: z.number() });

const OPEN = `SELECT id AS call, run, judge, rubric_hash AS rubricHash, most_tokens AS mostTokens,
  most_micros AS mostMicros FROM calls WHERE ending IS NULL`;

/** Calls that are paid for. What a run has spent is the sum of its ended calls and of the most that its open ones may cost. */
export function callOperations(database: ExclusiveDatabase): CallOperations {
  function committedMicros(run: string): number {
    const query = `SELECT
      (SELECT coalesce(sum(cost_micros), 0) FROM spend WHERE run = ?) +
      (SELECT coalesce(sum(most_micros), 0) FROM calls WHERE ending IS NULL AND run = ?) AS micros`;
    return database.select(sumRow, query, run, run)[0]?.micros ?? 0;
  }

  function insertCall(call: NewCall, atMs: number): number {
    const insert = `INSERT INTO calls (run, judge, rubric_hash, endpoint, entered_at_ms, most_tokens, most_micros)
      VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`;
    const { run, judge, rubricHash, endpoint, mostTokens, mostMicros } = call;
    const values = [run, judge, rubricHash, endpoint, atMs, mostTokens, mostMicros];
    const [row] = database.select(idRow, insert, ...values);
    if (row === undefined) throw new MajlisError('a new call has no number', { code: 'internal' });
    return row.id;
  }

  function end(
    open: z.infer<typeof openRow>,
    { ending, costMicros, ...tokens }: CallEnd,
    atMs: number,
  ): void {
    const { promptTokens, completionTokens } = tokens;
    const update = 'UPDATE calls SET ending = ?, ended_at_ms = ?, tokens = ?, cost_micros = ? WHERE id = ?';
    database.change(update, ending, atMs, promptTokens + completionTokens, costMicros, open.call);
    const failed = ending === 'answered' ? 0 : 1;
    database.change(
      `INSERT INTO spend VALUES (?, ?, ?, 1, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
        calls = calls + 1, failed_calls = failed_calls + excluded.failed_calls,
        prompt_tokens = prompt_tokens + excluded.prompt_tokens,
        completion_tokens = completion_tokens + excluded.completion_tokens,
        cost_micros = cost_micros + excluded.cost_micros`,
      ...[open.run, open.judge, open.rubricHash, failed, promptTokens, completionTokens, costMicros],
    );
  }

  return {
    enterCall(call, atMs) {
      if (call.budgetMicros !== undefined) {
        const leftMicros = call.budgetMicros - committedMicros(call.run);
        if (call.mostMicros > leftMicros) return { kind: 'over_budget', leftMicros };
      }
      return { kind: 'entered', call: insertCall(call, atMs) };
    },

    endCall(ended, atMs) {
      const [open] = database.select(openRow, `${OPEN} AND id = ?`, ended.call);
      if (open === undefined) {
        throw new MajlisError(`call ${ended.call} is not under way`, { code: 'failed_precondition' });
      }
      end(open, ended, atMs);
    },

    endLostCalls(atMs) {
      for (const open of database.select(openRow, OPEN)) {
        const { call, mostTokens, mostMicros } = open;
        const lost = { call, ending: 'unknown', completionTokens: 0 } as const;
        end(open, { ...lost, promptTokens: mostTokens, costMicros: mostMicros }, atMs);
      }
    },

    callsSince(sinceMs) {
      const query = `SELECT endpoint, ended_at_ms AS endedAtMs, tokens FROM calls
        WHERE ending IS NOT NULL AND ended_at_ms >= ? ORDER BY ended_at_ms, id`;
      return database.select(recentRow, query, sinceMs);
    },
  };
}
