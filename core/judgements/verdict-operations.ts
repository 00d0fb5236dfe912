import { z } from 'zod';
import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import { storedJson } from '../database/stored-json.js';
import type { JudgementOperations } from './judgement-operations.js';
import type { KeptOutcome } from './judgement-store.js';

type VerdictOperations = Pick<JudgementOperations, 'find' | 'keep'>;

const keptOutcome: z.ZodType<KeptOutcome> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('scored'),
    // What else a score says is the judge's, and comes back as it went in.
    score: z.looseObject({ probabilityFirst: z.number().min(0).max(1) }),
  }),
  z.object({ kind: z.literal('abstained'), reason: z.string() }),
  z.object({ kind: z.literal('policy_malformed'), reason: z.string() }),
]);

const judgementRow = z.object({ outcome: storedJson(keptOutcome) });

/** Verdicts by key. */
export function verdictOperations(database: ExclusiveDatabase): VerdictOperations {
  return {
    find(key) {
      const query = 'SELECT outcome FROM judgements WHERE key = ?';
      return database.select(judgementRow, query, key)[0]?.outcome;
    },

    keep({ key, judge, rubricHash, outcome }, atMs) {
      const insert = 'INSERT INTO judgements VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING';
      database.change(insert, key, judge, rubricHash, JSON.stringify(outcome), atMs);
    },
  };
}
