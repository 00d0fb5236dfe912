import { z } from 'zod';
import { parseInput } from '../../../core/config/parse-input.js';
import { readTable } from './read-table.js';
import { verdictSchema } from '../../../reward/judge/recorded-verdicts.js';
import { BadInputError } from '../../../core/errors.js';
import type { GivenVote } from '../../../reward/preference/vote-table.js';

/** Votes of one rubric, and what was left unread. */
export interface VoteFile {
  readonly votes: readonly GivenVote[];
  /** Hash of the rubric that was judged by, where the file names one. */
  readonly rubric?: string;
  /** Columns that mean nothing here. */
  readonly unread: readonly string[];
}

const name = z.string().min(1);
const orders = ['first_shown_first', 'second_shown_first'] as const;
/** A number, or one written as text: a CSV has nothing else. */
const numeric = z.union([
  z.number(),
  z
    .string()
    .regex(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i)
    .transform(Number),
]);
const length = numeric.pipe(z.number().min(0));

/** One vote. In a CSV an empty cell is as good as none. */
const voteSchema = z.object({
  judge: name.default('judge'),
  family: name.optional(),
  pair: name.optional(),
  first: name.optional(),
  second: name.optional(),
  prompt: name.optional(),
  locale: name.optional(),
  order: z.enum(orders).optional(),
  vote: z
    .union([z.enum(['first', 'second', 'tie']), numeric.pipe(z.number().min(0).max(1))], {
      error:
        'first, second, tie, a probability from 0 to 1 that first is better, or nothing where a judge gave no score',
    })
    .nullish(),
  weight: numeric.pipe(z.number().min(0).max(Number.MAX_VALUE)).default(1),
  first_length: length.optional(),
  second_length: length.optional(),
  rubric: name.optional(),
});

const COLUMNS = Object.keys(voteSchema.shape);
const SIDES = { first: 1, second: 0, tie: 0.5 } as const;

/** Reads votes from a CSV, or from JSON lines of votes or of recorded verdicts. `rubric` chooses where there are several. */
export async function readVotes(path: string, rubric?: string): Promise<VoteFile> {
  const rows = await readTable(path);
  const read = rows.map(({ line, value }) => readVote(value, { source: path, line }));
  const rubrics = [...new Set(read.flatMap((vote) => (vote.rubric === undefined ? [] : [vote.rubric])))];
  if (rubric === undefined && rubrics.length > 1) {
    const found = `votes under ${rubrics.length} rubrics`;
    throw new BadInputError({
      source: path,
      place: 'rubric',
      found,
      allowed: `one, by --rubric: ${rubrics.join(', ')}`,
    });
  }
  if (rubric !== undefined && !rubrics.includes(rubric)) {
    const allowed = rubrics.length === 0 ? 'no --rubric, since the votes name none' : rubrics.join(', ');
    throw new BadInputError({ source: '--rubric', found: rubric, allowed });
  }
  const chosen = rubric ?? rubrics.at(0);
  const kept = read.filter((vote) => vote.rubric === chosen);
  const known = new Set([...COLUMNS, ...Object.keys(verdictSchema.in.shape)]);
  const unread = new Set(rows.flatMap(({ value }) => Object.keys(value)).filter((key) => !known.has(key)));
  return {
    votes: kept.map(({ vote }) => vote),
    ...(chosen === undefined ? {} : { rubric: chosen }),
    unread: [...unread],
  };
}

interface ReadVote {
  readonly vote: GivenVote;
  readonly rubric: string | undefined;
}

function readVote(
  value: Readonly<Record<string, unknown>>,
  where: { readonly source: string; readonly line: number },
): ReadVote {
  const place = { source: where.source, place: `line ${where.line}` };
  if ('judgeId' in value) return recordedVote(parseInput(verdictSchema, value, place), where.line);
  const { first, second, vote, first_length, second_length, rubric, ...rest } = parseInput(
    voteSchema,
    value,
    place,
  );
  if ((first === undefined) !== (second === undefined)) {
    throw new BadInputError({
      ...place,
      found: 'one item',
      allowed: 'a first and a second item, or neither',
    });
  }
  const { family, pair, prompt, locale, order } = rest;
  const isBare = typeof vote === 'string';
  const probability = typeof vote === 'string' ? SIDES[vote] : (vote ?? undefined);
  return {
    rubric,
    vote: {
      judge: rest.judge,
      weight: rest.weight,
      line: where.line,
      isBare,
      ...(family === undefined ? {} : { family }),
      ...(pair === undefined ? {} : { pair }),
      ...(prompt === undefined ? {} : { prompt }),
      ...(locale === undefined ? {} : { locale }),
      ...(order === undefined ? {} : { order }),
      ...(first === undefined || second === undefined ? {} : { items: [first, second] as const }),
      ...(probability === undefined ? {} : { probabilityFirst: probability }),
      ...(first_length === undefined || second_length === undefined
        ? {}
        : { lengths: [first_length, second_length] as const }),
    },
  };
}

function recordedVote(verdict: z.infer<typeof verdictSchema>, line: number): ReadVote {
  const { judgeId, pairId, rubricHash, criterionHash, order, outcome } = verdict;
  return {
    rubric: criterionHash ?? rubricHash,
    vote: {
      judge: judgeId,
      pair: pairId,
      order,
      weight: 1,
      isBare: false,
      line,
      ...(outcome.kind === 'scored' ? { probabilityFirst: outcome.score.probabilityFirst } : {}),
    },
  };
}
