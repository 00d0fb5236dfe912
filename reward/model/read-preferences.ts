import { z } from 'zod';
import { streamJsonLines } from '../../core/config/stream-json-lines.js';
import type { Locale } from '../../core/domain/prompt.js';
import { BadInputError } from '../../core/errors.js';
import type { LabelledPair } from './labelled-pair.js';

const line = z.strictObject({
  id: z.union([z.string(), z.number()]).optional(),
  prompt: z.string(),
  chosen: z.string(),
  rejected: z.string(),
  /** That the chosen answer is the better one. */
  probability: z.number().min(0).max(1).optional(),
  weight: z.number().gt(0).optional(),
  /** Logits by which the chosen answer should lead. */
  margin: z.number().min(0).optional(),
  /** The pair was called even. */
  tie: z.boolean().optional(),
  locale: z.string().min(2).optional(),
  category: z.string().min(1).optional(),
  rubric_hash: z.string().min(1).optional(),
});

export interface PreferencesReading {
  /** A line that was judged under another rubric is refused; absent takes any. */
  readonly rubric?: { readonly id: string; readonly hash: string };
  /** Locale of the lines that name none. */
  readonly locale: Locale;
}

/**
 * Preferences of a file of JSON lines, as `majlis export` and TRL write them: `{prompt, chosen, rejected}` and, where they are
 * known, `probability`, `weight`, `margin`, `tie`, `locale`, `category` and `rubric_hash`. Without a probability the chosen
 * answer is the better one, or neither of a tie; pairs of one prompt without weights share weight 1. A file without pairs is
 * bad input.
 */
export async function readPreferences(
  path: string,
  { rubric, locale }: PreferencesReading,
): Promise<LabelledPair[]> {
  const rows: z.infer<typeof line>[] = [];
  for await (const { row, line: number } of streamJsonLines(path, line)) {
    if (rubric !== undefined && row.rubric_hash !== undefined && row.rubric_hash !== rubric.hash) {
      throw new BadInputError({
        source: path,
        place: `line ${number}, rubric_hash`,
        found: `${row.rubric_hash.slice(0, 12)}…, so the pair was judged under another rubric`,
        allowed: `${rubric.hash.slice(0, 12)}…, that of ${rubric.id}, or none`,
      });
    }
    rows.push(row);
  }
  if (rows.length === 0) {
    throw new BadInputError({ source: path, found: 'no preferences', allowed: 'at least one line' });
  }
  const pairsOf = new Map<string, number>();
  for (const { prompt } of rows) pairsOf.set(prompt, (pairsOf.get(prompt) ?? 0) + 1);
  return rows.map((row, at) => ({
    prompt: {
      id: `${row.id ?? at + 1}`,
      locale: row.locale ?? locale,
      text: row.prompt,
      ...(row.category === undefined ? {} : { category: row.category }),
    },
    first: row.chosen,
    second: row.rejected,
    probabilityFirst: row.probability ?? (row.tie === true ? 0.5 : 1),
    weight: row.weight ?? 1 / (pairsOf.get(row.prompt) ?? 1),
    ...(row.margin === undefined ? {} : { margin: row.margin }),
    ...(row.tie === undefined ? {} : { tie: row.tie }),
  }));
}
