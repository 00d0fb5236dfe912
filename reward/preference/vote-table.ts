/**
 * Votes of many judges on many pairs, as arrays.
 *
 * Names are interned: judges in the order of their names, pairs and items in the order in which votes first name them. A pair
 * has one frame, that of its first vote; a vote given the other way round is turned. Votes without a score are counted by
 * judge and are not among the arrays.
 */
import type { Order } from '../../core/domain/verdict.js';
import { BadInputError } from '../../core/errors.js';
import { InternedNames } from './interned-names.js';

/** A vote as a person or a judge gave it. */
export interface GivenVote {
  readonly judge: string;
  /** Judges of one family err together; a judge without one is its own. */
  readonly family?: string;
  /** What was compared: an id, two items, or both. */
  readonly pair?: string;
  readonly items?: readonly [first: string, second: string];
  readonly prompt?: string;
  readonly locale?: string;
  /** On every vote, or on none. */
  readonly order?: Order;
  /** In [0, 1]; absent where the judge gave no score. */
  readonly probabilityFirst?: number;
  /** A plain "first", "second" or "tie": a side, with no word of how sure. */
  readonly isBare: boolean;
  readonly weight: number;
  /** Of both answers, in whatever unit, for a judge's taste in length. */
  readonly lengths?: readonly [first: number, second: number];
  /** Where it stood: a line number. */
  readonly line: number;
}

export interface NamedPair {
  readonly id: string;
  readonly prompt?: string;
  /** Indices of its items; absent where votes name none. */
  readonly items?: readonly [first: number, second: number];
}

export interface VoteTable {
  readonly judges: readonly string[];
  /** Number of a judge's family. [judge] */
  readonly familyOf: Int32Array;
  readonly items: readonly string[];
  readonly pairs: readonly NamedPair[];
  readonly prompts: readonly string[];
  readonly locales: readonly string[];
  readonly hasOrders: boolean;
  /** Votes without a score. [judge] */
  readonly excluded: Int32Array;
  /** [vote], as all that follow */
  readonly judge: Int32Array;
  readonly pair: Int32Array;
  /** −1 where the vote names none. */
  readonly prompt: Int32Array;
  readonly locale: Int32Array;
  /** y: probability that the pair's first is better. */
  readonly outcome: Float64Array;
  /** 1 where the pair's first was shown first, −1 where its second was, 0 where nobody says. */
  readonly shownFirst: Int8Array;
  readonly isBare: Uint8Array;
  readonly weight: Float64Array;
  /** (length of first − length of second) / their sum; 0 where unknown. */
  readonly lengthLead: Float64Array;
  readonly line: Int32Array;
}

/** Interns votes and checks that they can be read together. */
export function buildVoteTable(given: readonly GivenVote[], source: string): VoteTable {
  if (given.length === 0) throw new BadInputError({ source, found: 'no vote', allowed: 'one vote or more' });
  requireOrdersOnAllOrNone(given, source);
  const judges = [...new Set(given.map(({ judge }) => judge))].sort();
  const judgeAt = new Map(judges.map((judge, at) => [judge, at]));
  const items = new InternedNames();
  const prompts = new InternedNames();
  const locales = new InternedNames();
  const families = new InternedNames();
  const familyOf = Int32Array.from(judges, () => -1);
  const pairs = new PairBook(items, source);
  const excluded = new Int32Array(judges.length);
  const scored: {
    readonly vote: GivenVote;
    readonly pair: number;
    readonly turned: boolean;
    readonly y: number;
  }[] = [];
  for (const vote of given) {
    const judge = judgeAt.get(vote.judge) ?? -1;
    noteFamily(vote, { judge, families, familyOf, source });
    const place = pairs.place(vote);
    if (vote.probabilityFirst === undefined) excluded[judge] += 1;
    else scored.push({ vote, ...place, y: place.turned ? 1 - vote.probabilityFirst : vote.probabilityFirst });
  }
  const votes = scored.map(({ vote }) => vote);
  return {
    judges,
    familyOf,
    items: items.list,
    pairs: pairs.list,
    prompts: prompts.list,
    locales: locales.list,
    hasOrders: given[0].order !== undefined,
    excluded,
    judge: Int32Array.from(votes, (vote) => judgeAt.get(vote.judge) ?? -1),
    pair: Int32Array.from(scored, ({ pair }) => pair),
    prompt: Int32Array.from(votes, ({ prompt }) => (prompt === undefined ? -1 : prompts.indexOf(prompt))),
    locale: Int32Array.from(votes, ({ locale }) => (locale === undefined ? -1 : locales.indexOf(locale))),
    outcome: Float64Array.from(scored, ({ y }) => y),
    shownFirst: Int8Array.from(scored, ({ vote: { order }, turned }) => {
      if (order === undefined) return 0;
      return (order === 'first_shown_first') !== turned ? 1 : -1;
    }),
    isBare: Uint8Array.from(votes, ({ isBare }) => Number(isBare)),
    weight: Float64Array.from(votes, ({ weight }) => weight),
    lengthLead: Float64Array.from(scored, ({ vote: { lengths }, turned }) => {
      if (lengths === undefined || lengths[0] + lengths[1] === 0) return 0;
      return ((turned ? -1 : 1) * (lengths[0] - lengths[1])) / (lengths[0] + lengths[1]);
    }),
    line: Int32Array.from(votes, ({ line }) => line),
  };
}

/** The pairs that votes name, each in one frame. */
class PairBook {
  readonly list: NamedPair[] = [];
  private readonly numbers = new Map<string, number>();

  constructor(
    private readonly items: InternedNames,
    private readonly source: string,
  ) {}

  place(vote: GivenVote): { readonly pair: number; readonly turned: boolean } {
    const { items, line } = vote;
    if (items !== undefined && items[0] === items[1]) {
      throw this.refusal(line, `${JSON.stringify(items[0])} compared with itself`, 'two different items');
    }
    const id = vote.pair ?? pairName(items, vote.prompt);
    if (id === undefined) throw this.refusal(line, 'no pair', 'a pair, or a first and a second item');
    const indices =
      items === undefined
        ? undefined
        : ([this.items.indexOf(items[0]), this.items.indexOf(items[1])] as const);
    const known = this.numbers.get(id);
    if (known === undefined) return { pair: this.add(id, vote.prompt, indices), turned: false };
    const frame = frameOf(this.list[known].items, indices);
    if (frame === undefined) {
      throw this.refusal(
        line,
        `other items than before for pair ${JSON.stringify(id)}`,
        'the same two items',
      );
    }
    return { pair: known, turned: frame === 'turned' };
  }

  private add(id: string, prompt: string | undefined, items: NamedPair['items']): number {
    this.numbers.set(id, this.list.length);
    this.list.push({
      id,
      ...(prompt === undefined ? {} : { prompt }),
      ...(items === undefined ? {} : { items }),
    });
    return this.list.length - 1;
  }

  private refusal(line: number, found: string, allowed: string): BadInputError {
    return new BadInputError({ source: this.source, place: `line ${line}`, found, allowed });
  }
}

/** How a vote's items stand to its pair's; undefined where they are others. */
function frameOf(pair: NamedPair['items'], vote: NamedPair['items']): 'same' | 'turned' | undefined {
  if (pair === undefined || vote === undefined) return pair === vote ? 'same' : undefined;
  if (pair[0] === vote[0] && pair[1] === vote[1]) return 'same';
  return pair[0] === vote[1] && pair[1] === vote[0] ? 'turned' : undefined;
}

/** The name of a pair that has no id: its items, whichever way round, and its prompt. */
export function pairName(
  items: readonly [string, string] | undefined,
  prompt: string | undefined,
): string | undefined {
  if (items === undefined) return undefined;
  const name = [...items].sort().join(' | ');
  return prompt === undefined ? name : `${prompt}: ${name}`;
}

function noteFamily(
  { family, judge: name, line }: GivenVote,
  to: {
    readonly judge: number;
    readonly families: InternedNames;
    readonly familyOf: Int32Array;
    readonly source: string;
  },
): void {
  const number = to.families.indexOf(family === undefined ? `judge ${name}` : `family ${family}`);
  if (to.familyOf[to.judge] >= 0 && to.familyOf[to.judge] !== number) {
    throw new BadInputError({
      source: to.source,
      place: `line ${line}`,
      found: `judge ${JSON.stringify(name)} in another family than before`,
      allowed: 'one family for each judge',
    });
  }
  to.familyOf[to.judge] = number;
}

function requireOrdersOnAllOrNone(given: readonly GivenVote[], source: string): void {
  const hasOrder = given[0].order !== undefined;
  const other = given.find(({ order }) => (order !== undefined) !== hasOrder);
  if (other === undefined) return;
  throw new BadInputError({
    source,
    place: `line ${other.line}`,
    found: hasOrder ? 'no order' : 'an order, which earlier votes do not have',
    allowed: 'an order on every vote or on none',
  });
}
