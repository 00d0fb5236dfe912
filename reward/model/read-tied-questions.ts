import { z } from 'zod';
import { readRows } from '../../core/config/read-rows.js';

/** A prompt with right and wrong answers; `tied` ones have several right answers, `reference` ones are their like with one. */
export interface TiedAnswers {
  /** The two halves of a question share it. */
  readonly question: string;
  readonly half: 'tied' | 'reference';
  readonly prompt: string;
  readonly correct: readonly string[];
  readonly incorrect: readonly string[];
}

const HALVES = { tied: 'tied', ref: 'reference' } as const;

const line = z.looseObject({
  id: z.string().regex(/^(tied|ref):.+$/u, { error: 'tied:<question> or ref:<question>' }),
  prompt: z.string(),
  chosen: z.array(z.string()).min(1),
  rejected: z.array(z.string()).min(1),
  subset: z.literal('Ties').optional(),
});

/**
 * Questions of a file of JSON lines or Parquet `{id, prompt, chosen: […], rejected: […]}`, as the subset Ties of RewardBench 2 has them; its
 * other columns are not looked at.
 */
export async function readTiedQuestions(path: string): Promise<TiedAnswers[]> {
  const rows = await readRows(path, line, { uniqueBy: ({ id }) => id });
  return rows.map(({ id, prompt, chosen, rejected }) => ({
    question: id.slice(id.indexOf(':') + 1),
    half: HALVES[id.startsWith('tied:') ? 'tied' : 'ref'],
    prompt,
    correct: chosen,
    incorrect: rejected,
  }));
}
