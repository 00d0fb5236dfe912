import type { ComparisonTerms } from '../../core/math/comparisons.js';
import { invalid } from '../../core/math/argument-checks.js';
import type { VoteTable } from './vote-table.js';

/** What may move a judge's votes beside the answers. */
export interface JudgeTermOptions {
  /** β: what being shown first adds to an answer's logit, for each judge, or for each judge in each locale. */
  readonly order?: 'judge' | 'judge_and_locale';
  /** γ for each judge: what being all of the two answers' length adds. */
  readonly length?: boolean;
  /** κ: what another judge's vote for an answer adds to its logit with this judge. */
  readonly copies?: readonly { readonly judge: string; readonly of: string }[];
}

/** A coefficient by what it is. */
export interface JudgeTerm {
  readonly kind: 'order' | 'length' | 'copies';
  readonly judge: string;
  /** Of an order term by locale. */
  readonly locale?: string;
  /** Of a copies term: whom it follows. */
  readonly of?: string;
}

/** The covariates of each vote, and what each coefficient is; undefined where nothing was asked for. */
export function judgeTerms(
  table: VoteTable,
  options: JudgeTermOptions,
): { readonly terms: ComparisonTerms; readonly names: readonly JudgeTerm[] } | undefined {
  const names: JudgeTerm[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (term: JudgeTerm): number => {
    const key = JSON.stringify(term);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, names.length);
    names.push(term);
    return names.length - 1;
  };
  const columns = [
    ...(options.order === undefined ? [] : [orderColumn(table, options.order, numberOf)]),
    ...(options.length === true ? [lengthColumn(table, numberOf)] : []),
    ...(options.copies ?? []).map((copy) => copyColumn(table, copy, numberOf)),
  ];
  if (columns.length === 0) return undefined;
  const votes = table.judge.length;
  const index = new Int32Array(votes * columns.length).fill(-1);
  const value = new Float64Array(votes * columns.length);
  for (let vote = 0; vote < votes; vote += 1) {
    for (const [at, column] of columns.entries()) {
      const size = column.value(vote);
      if (size === 0) continue;
      value[vote * columns.length + at] = size;
      index[vote * columns.length + at] = column.term(vote);
    }
  }
  return { terms: { count: names.length, width: columns.length, index, value }, names };
}

/** One covariate: its size for a vote, and then whose coefficient it is. */
interface Column {
  value(vote: number): number;
  term(vote: number): number;
}

type NumberOf = (term: JudgeTerm) => number;

function orderColumn(table: VoteTable, by: 'judge' | 'judge_and_locale', numberOf: NumberOf): Column {
  return {
    value: (vote) => table.shownFirst[vote],
    term: (vote) => {
      const judge = table.judges[table.judge[vote]];
      const locale = table.locale[vote] < 0 ? undefined : table.locales[table.locale[vote]];
      const isByLocale = by === 'judge_and_locale' && locale !== undefined;
      return numberOf({ kind: 'order', judge, ...(isByLocale ? { locale } : {}) });
    },
  };
}

function lengthColumn(table: VoteTable, numberOf: NumberOf): Column {
  return {
    value: (vote) => table.lengthLead[vote],
    term: (vote) => numberOf({ kind: 'length', judge: table.judges[table.judge[vote]] }),
  };
}

/** The copied judge's mean vote on the same pair in the same order, from −1 to 1. */
function copyColumn(
  table: VoteTable,
  { judge, of }: { judge: string; of: string },
  numberOf: NumberOf,
): Column {
  const [copier, copied] = [judge, of].map((name) => {
    const at = table.judges.indexOf(name);
    if (at < 0)
      throw invalid(`No vote is by judge ${JSON.stringify(name)}; judges are ${table.judges.join(', ')}.`);
    return at;
  });
  if (copier === copied) throw invalid(`Judge ${JSON.stringify(judge)} cannot copy itself.`);
  const sums = new Map<string, { sum: number; count: number }>();
  const keyOf = (vote: number): string => `${table.pair[vote]} ${table.shownFirst[vote]}`;
  for (let vote = 0; vote < table.judge.length; vote += 1) {
    if (table.judge[vote] !== copied) continue;
    const sum = sums.get(keyOf(vote)) ?? { sum: 0, count: 0 };
    sums.set(keyOf(vote), sum);
    sum.sum += 2 * table.outcome[vote] - 1;
    sum.count += 1;
  }
  return {
    value: (vote) => {
      if (table.judge[vote] !== copier) return 0;
      const sum = sums.get(keyOf(vote));
      return sum === undefined ? 0 : sum.sum / sum.count;
    },
    term: () => numberOf({ kind: 'copies', judge, of }),
  };
}
