import { z } from 'zod';
import { streamRows } from '../../core/config/read-rows.js';
import type { Locale } from '../../core/domain/prompt.js';
import { BadInputError } from '../../core/errors.js';
import { answerOf, questionOf, textOrMessages, withPromptApart } from './conversation.js';
import type { LabelledPair } from './labelled-pair.js';

const line = z.strictObject({
  id: z.union([z.string(), z.number()]).optional(),
  /** Absent where both answers are conversations that begin with it. */
  prompt: textOrMessages.optional(),
  chosen: textOrMessages,
  rejected: textOrMessages,
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

/** A line with question and answers as text. */
type PlainRow = Omit<z.infer<typeof line>, 'prompt' | 'chosen' | 'rejected'> &
  Readonly<Record<'prompt' | 'chosen' | 'rejected', string>>;

/**
 * Preferences of a file of JSON lines or Parquet, as `majlis export` and TRL write them: `{prompt, chosen, rejected}` and, where
 * they are known, `probability`, `weight`, `margin`, `tie`, `locale`, `category` and `rubric_hash`. Question and answers are text
 * or conversations of one message; without a prompt both answers are conversations that begin with it. Without a probability
 * the chosen answer is the better one, or neither of a tie; pairs of one prompt without weights share weight 1. A file without
 * pairs is bad input.
 */
export async function readPreferences(
  path: string,
  { rubric, locale }: PreferencesReading,
): Promise<LabelledPair[]> {
  const rows: PlainRow[] = [];
  for await (const { row, place } of streamRows(path, line)) {
    if (rubric !== undefined && row.rubric_hash !== undefined && row.rubric_hash !== rubric.hash) {
      throw new BadInputError({
        source: path,
        place: `${place}, rubric_hash`,
        found: `${row.rubric_hash.slice(0, 12)}…, so the pair was judged under another rubric`,
        allowed: `${rubric.hash.slice(0, 12)}…, that of ${rubric.id}, or none`,
      });
    }
    rows.push(plainRow(row, { source: path, place }));
  }
  if (rows.length === 0) {
    throw new BadInputError({ source: path, found: 'no preferences', allowed: 'at least one' });
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

function plainRow(
  row: z.infer<typeof line>,
  { source, place }: Readonly<Record<'source' | 'place', string>>,
): PlainRow {
  const { prompt, chosen, rejected } =
    row.prompt === undefined ? (withPromptApart(row.chosen, row.rejected) ?? row) : row;
  if (prompt === undefined) {
    throw new BadInputError({
      ...{ source, place: `${place}, prompt`, found: 'nothing' },
      allowed:
        'text, or a list of {role, content}; without it both answers are conversations that begin with it',
    });
  }
  return {
    ...row,
    prompt: questionOf(prompt, { source, place: `${place}, prompt` }),
    chosen: answerOf(chosen, { source, place: `${place}, chosen` }),
    rejected: answerOf(rejected, { source, place: `${place}, rejected` }),
  };
}
