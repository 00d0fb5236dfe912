/** What two rubrics make of the same pairs, by their rules, without any training. */
import type { AnswerPair } from '../../core/domain/preference.js';
import type { Prompt } from '../../core/domain/prompt.js';
import type { Criterion, Rubric } from '../../core/domain/rubric.js';
import { kendallTau } from '../../core/math/kendall-tau.js';
import type { AnswerScorer } from '../judge/answer-scorer.js';
import type { CompositeScore } from './composite.js';

/** A rubric and its rules. */
export interface RubricSide {
  readonly rubric: Rubric;
  readonly scoreAnswer: AnswerScorer;
}

/** What became of a criterion: only its weight, or also what it asks for. */
export type CriterionChange = 'same' | 'reweighted' | 'changed' | 'added' | 'removed';

export interface CriterionComparison {
  readonly key: string;
  readonly change: CriterionChange;
  /** Mean size of what it adds to a pair's margin, under either rubric; absent where the rubric lacks it. */
  readonly before?: number;
  readonly after?: number;
  /** Flipped pairs in which it pushed hardest towards the new preference. */
  readonly flips: number;
}

/** A pair of which the two rubrics prefer different answers. */
export interface FlipExample {
  readonly pair: AnswerPair;
  /** Composite of the first answer minus that of the second. */
  readonly before: number;
  readonly after: number;
  /** Criteria that pushed towards the new preference, the hardest first, with how much. */
  readonly because: readonly { readonly criterion: string; readonly push: number }[];
}

export interface RubricComparison {
  readonly pairs: number;
  /** Pairs on which both rubrics' rules have something to say. */
  readonly decided: number;
  readonly flips: number;
  /** Pairs that only the second rubric holds for even, and those that only the first does. */
  readonly tiesMade: number;
  readonly tiesBroken: number;
  /** Different answers, by prompt and text, that τ is over. */
  readonly answers: number;
  /** Kendall's τ-b between the two rubrics' values of all answers; absent where one of them holds all for even. */
  readonly tau?: number;
  readonly criteria: readonly CriterionComparison[];
  /** The flips about which both rubrics are surest, the clearest first: by the smaller of their two margins. */
  readonly examples: readonly FlipExample[];
}

const EVEN = 1e-9;

interface Judged {
  readonly pair: AnswerPair;
  readonly before: Margin;
  readonly after: Margin;
}

interface Margin {
  readonly value: number;
  readonly parts: ReadonlyMap<string, number>;
}

/** Compares two rubrics over pairs; `mostExamples` of the flips are told in full. */
export function compareRubrics(
  [one, two]: readonly [RubricSide, RubricSide],
  pairs: readonly AnswerPair[],
  mostExamples = 10,
): RubricComparison {
  const [before, after] = [rememberScores(one), rememberScores(two)];
  const judged = pairs.flatMap((pair): Judged[] => {
    const margins = [marginOf(pair, before.score), marginOf(pair, after.score)];
    const [left, right] = margins;
    return left === undefined || right === undefined ? [] : [{ pair, before: left, after: right }];
  });
  const flips = judged.filter((item) => sign(item.before) * sign(item.after) < 0).map(toExample);
  const isEven = (margin: Margin): boolean => sign(margin) === 0;
  const tau = rankCorrelation(before.values, after.values);
  return {
    pairs: pairs.length,
    decided: judged.length,
    flips: flips.length,
    tiesMade: judged.filter((item) => !isEven(item.before) && isEven(item.after)).length,
    tiesBroken: judged.filter((item) => isEven(item.before) && !isEven(item.after)).length,
    answers: commonKeys(before.values, after.values).length,
    ...(tau === undefined ? {} : { tau }),
    criteria: compareCriteria([one.rubric, two.rubric], judged, flips),
    examples: flips
      .sort((a, b) => clarity(b) - clarity(a) || (a.pair.id < b.pair.id ? -1 : 1))
      .slice(0, mostExamples),
  };
}

/** Scores each answer once, however many pairs it stands in. */
function rememberScores({ scoreAnswer }: RubricSide): {
  readonly score: (prompt: Prompt, answer: string) => CompositeScore;
  readonly values: Map<string, number>;
} {
  const known = new Map<string, CompositeScore>();
  const values = new Map<string, number>();
  return {
    values,
    score: (prompt, answer) => {
      const key = JSON.stringify([prompt.text, prompt.category, answer]);
      const score = known.get(key) ?? scoreAnswer(prompt, answer);
      known.set(key, score);
      if (score.value !== undefined) values.set(key, score.value);
      return score;
    },
  };
}

function marginOf(
  { prompt, first, second }: AnswerPair,
  score: (prompt: Prompt, answer: string) => CompositeScore,
): Margin | undefined {
  const [one, two] = [score(prompt, first), score(prompt, second)];
  if (one.value === undefined || two.value === undefined) return undefined;
  const keys = new Set([...Object.keys(one.contributions), ...Object.keys(two.contributions)]);
  const parts = [...keys].map((key): [string, number] => [
    key,
    (one.contributions[key] ?? 0) - (two.contributions[key] ?? 0),
  ]);
  return { value: one.value - two.value, parts: new Map(parts) };
}

function sign({ value }: Margin): number {
  return Math.abs(value) <= EVEN ? 0 : Math.sign(value);
}

function toExample({ pair, before, after }: Judged): FlipExample {
  const keys = [...new Set([...before.parts.keys(), ...after.parts.keys()])];
  const because = keys
    .map((criterion) => {
      const shift = (after.parts.get(criterion) ?? 0) - (before.parts.get(criterion) ?? 0);
      return { criterion, push: Math.sign(after.value) * shift };
    })
    .filter(({ push }) => push > EVEN)
    .sort((a, b) => b.push - a.push);
  return { pair, before: before.value, after: after.value, because };
}

function clarity({ before, after }: FlipExample): number {
  return Math.min(Math.abs(before), Math.abs(after));
}

function commonKeys(one: ReadonlyMap<string, number>, two: ReadonlyMap<string, number>): string[] {
  return [...one.keys()].filter((key) => two.has(key));
}

function rankCorrelation(
  one: ReadonlyMap<string, number>,
  two: ReadonlyMap<string, number>,
): number | undefined {
  const keys = commonKeys(one, two);
  const values = (of: ReadonlyMap<string, number>): Float64Array =>
    // Rounded, since values that differ by rounding alone are tied.
    Float64Array.from(keys, (key) => Math.round((of.get(key) ?? Number.NaN) / EVEN));
  return kendallTau(values(one), values(two));
}

function compareCriteria(
  [one, two]: readonly [Rubric, Rubric],
  judged: readonly Judged[],
  flips: readonly FlipExample[],
): CriterionComparison[] {
  const [before, after] = [one, two].map(
    ({ criteria }) => new Map(criteria.map((criterion) => [criterion.key, criterion])),
  );
  return [...new Set([...before.keys(), ...after.keys()])].map((key) => {
    const size = (of: (item: Judged) => Margin): number =>
      judged.reduce((sum, item) => sum + Math.abs(of(item).parts.get(key) ?? 0), 0) /
      Math.max(1, judged.length);
    return {
      key,
      change: changeOf(before.get(key), after.get(key)),
      ...(before.has(key) ? { before: size((item) => item.before) } : {}),
      ...(after.has(key) ? { after: size((item) => item.after) } : {}),
      flips: flips.filter(({ because }) => because.at(0)?.criterion === key).length,
    };
  });
}

function changeOf(before: Criterion | undefined, after: Criterion | undefined): CriterionChange {
  if (before === undefined) return 'added';
  if (after === undefined) return 'removed';
  if (before.hash !== after.hash) return 'changed';
  return before.weight === after.weight ? 'same' : 'reweighted';
}
