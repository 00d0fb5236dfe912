import { z } from 'zod';
import { parseInput } from '../../core/config/parse-input.js';
import { readText } from '../../core/config/read-text.js';
import type { PairVerdict } from '../../core/domain/verdict.js';
import { BadInputError } from '../../core/errors.js';

export interface LlmBarOptions {
  /** Prompt strategy whose votes are read, for example `Vanilla`. */
  readonly strategy: string;
  /** What a vote is worth, since none was recorded with a confidence; 0.9 by default. */
  readonly decisiveProbability?: number;
}

/** Recorded votes as verdicts, and which answer of each pair is the better one. */
export interface RecordedVotes {
  readonly verdicts: readonly PairVerdict[];
  /** By pair id: true where the first answer is the better one. */
  readonly gold: ReadonlyMap<string, boolean>;
}

const HEADER = 'subset,index,gold,model,strategy,order,vote';
const rowSchema = z.tuple([
  z.string().min(1),
  z.string().regex(/^\d+$/, 'a whole number'),
  z.enum(['1', '2']),
  z.string().min(1),
  z.string().min(1),
  z.enum(['0', '1']),
  z.enum(['1', '2', '']),
]);

/**
 * The votes of AI judges on LLMBar (Zeng et al. 2024, arXiv 2310.07641) as a table: order 0 shows the first answer first,
 * and a vote names an answer whatever the order. An empty vote is one that could not be parsed, and stays unparsed.
 */
export async function readLlmBarVotes(
  path: string,
  { strategy, decisiveProbability = 0.9 }: LlmBarOptions,
): Promise<RecordedVotes> {
  const [header, ...lines] = (await readText(path)).trimEnd().split(/\r?\n/);
  if (header !== HEADER) {
    throw new BadInputError({
      source: path,
      place: 'line 1',
      found: JSON.stringify(header.slice(0, 80)),
      allowed: HEADER,
    });
  }
  const verdicts: PairVerdict[] = [];
  const gold = new Map<string, boolean>();
  for (const [index, line] of lines.entries()) {
    const row = parseInput(rowSchema, line.split(','), { source: path, place: `line ${index + 2}` });
    const [subset, number, truth, judgeId, rowStrategy, order, vote] = row;
    if (rowStrategy !== strategy) continue;
    const pairId = `${subset}/${number}`;
    gold.set(pairId, truth === '1');
    verdicts.push({
      judgeId,
      pairId,
      rubricHash: 'llmbar',
      order: order === '0' ? 'first_shown_first' : 'second_shown_first',
      outcome: outcomeOf(vote, decisiveProbability),
    });
  }
  return { verdicts, gold };
}

function outcomeOf(vote: '1' | '2' | '', decisive: number): PairVerdict['outcome'] {
  if (vote === '') return { kind: 'unparseable', raw: '' };
  return { kind: 'scored', score: { probabilityFirst: vote === '1' ? decisive : 1 - decisive } };
}
