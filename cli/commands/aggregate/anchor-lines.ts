import { z } from 'zod';
import { parseInput } from '../../../core/config/parse-input.js';
import { BadInputError } from '../../../core/errors.js';
import type { Gold } from '../../../reward/preference/panel-accuracy.js';
import { pairName, type VoteTable } from '../../../reward/preference/vote-table.js';
import { readTable } from './read-table.js';

/** Known answers to pairs of a vote table, in the table's frame. */
export interface Anchors {
  readonly gold: Gold;
  /** Anchors whose pair nobody voted on. */
  readonly unknown: readonly string[];
}

const name = z.string().min(1);
const anchorSchema = z.object({
  pair: name.optional(),
  first: name.optional(),
  second: name.optional(),
  prompt: name.optional(),
  better: z.enum(['first', 'second']),
  rubric: name.optional(),
});

/**
 * Reads which answer of a pair is the better one. Refused: an anchor of another rubric than the votes', the same pair twice,
 * and with it two anchors that contradict each other.
 */
export async function readAnchors(
  path: string,
  table: VoteTable,
  rubric: string | undefined,
): Promise<Anchors> {
  const pairAt = new Map(table.pairs.map(({ id }, at) => [id, at]));
  const lineOf = new Map<string, { readonly line: number; readonly better: string }>();
  const gold = new Map<string, boolean>();
  const unknown: string[] = [];
  for (const { line, value } of await readTable(path)) {
    const where = { source: path, place: `line ${line}` };
    const anchor = parseInput(anchorSchema, value, where);
    if (anchor.rubric !== undefined && anchor.rubric !== rubric) {
      const allowed =
        rubric === undefined ? 'no rubric, since the votes name none' : `${rubric}, which the votes are of`;
      throw new BadInputError({ ...where, found: `an anchor of rubric ${anchor.rubric}`, allowed });
    }
    const { pair, first, second, prompt, better } = anchor;
    const items = first === undefined || second === undefined ? undefined : ([first, second] as const);
    const id = pair ?? pairName(items, prompt);
    if (id === undefined)
      throw new BadInputError({
        ...where,
        found: 'no pair',
        allowed: 'a pair, or a first and a second item',
      });
    const earlier = lineOf.get(id);
    if (earlier !== undefined) {
      const found = `pair ${JSON.stringify(id)} again, after line ${earlier.line}`;
      const other = earlier.better === better ? '' : ' (the two contradict each other)';
      throw new BadInputError({ ...where, found: `${found}${other}`, allowed: 'one anchor for each pair' });
    }
    lineOf.set(id, { line, better });
    const at = pairAt.get(id);
    if (at === undefined) unknown.push(id);
    else gold.set(id, (better === 'first') !== isTurned(table, at, items));
  }
  return { gold, unknown };
}

/** Whether an anchor names a pair's items the other way round. */
function isTurned(
  { pairs, items }: VoteTable,
  at: number,
  named: readonly [string, string] | undefined,
): boolean {
  const of = pairs[at].items;
  return named !== undefined && of !== undefined && items[of[0]] === named[1];
}
