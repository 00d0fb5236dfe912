import type { Locale } from '../../../core/domain/prompt.js';
import { MajlisError } from '../../../core/errors.js';
import type { LabelledPair } from '../labelled-pair.js';
import { denseWidth, type FeatureReader, type FeatureSpace } from './answer-features.js';
import { STYLE_FEATURES } from './style-gaps.js';

/** Pairs as the arrays that the fit runs over. An answer that stands in several pairs is there once. */
export interface PairDesign {
  readonly buckets: number;
  /** Of each answer's prompt. [answer] */
  readonly locales: readonly Locale[];
  /** Where an answer's n-grams start. [answer + 1] */
  readonly offsets: Int32Array;
  /** Bucket. [n-gram] */
  readonly indices: Int32Array | Uint16Array;
  /** [n-gram] */
  readonly values: Float32Array;
  readonly denseWidth: number;
  /** [answer × dense feature] */
  readonly dense: Float64Array;
  readonly styleWidth: number;
  /** [pair × style feature] */
  readonly style: Float64Array;
  /** Answer of each pair. [pair] */
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** y. [pair] */
  readonly labels: Float64Array;
  /** ω. [pair] */
  readonly weights: Float64Array;
  /** m. [pair] */
  readonly margins: Float64Array;
  /** 1 where the pair was called even and ties have a probability of their own, else 0. [pair] */
  readonly ties: Uint8Array;
}

/** An answer is told from others by its prompt's locale and text and by its own text. */
interface DistinctAnswers {
  readonly of: readonly { readonly pair: LabelledPair; readonly side: 'first' | 'second' }[];
  readonly first: Int32Array;
  readonly second: Int32Array;
}

const FIRST_ROOM = 1 << 16;
/** An Int32Array addresses no more. */
const MOST_NGRAMS = 2 ** 31 - 1;

/** Reads every answer of the pairs once. `style` are their style gaps, [pair × feature]. */
export function designPairs(
  pairs: readonly LabelledPair[],
  {
    space,
    read,
    style,
  }: { readonly space: FeatureSpace; readonly read: FeatureReader; readonly style: Float64Array },
): PairDesign {
  const answers = distinctAnswers(pairs);
  const width = denseWidth(space);
  const dense = new Float64Array(answers.of.length * width);
  const offsets = new Int32Array(answers.of.length + 1);
  const ngrams = { indices: new Int32Array(FIRST_ROOM), values: new Float32Array(FIRST_ROOM) };
  for (const [at, { pair, side }] of answers.of.entries()) {
    const features = read(pair.prompt, pair[side]);
    writeDense(dense.subarray(at * width, (at + 1) * width), features.rules, features.localeBlock);
    offsets[at + 1] = append(ngrams, offsets[at], features.ngrams);
  }
  const end = offsets[answers.of.length];
  return {
    buckets: space.ngrams.buckets,
    locales: answers.of.map(({ pair }) => pair.prompt.locale),
    offsets,
    indices: ngrams.indices.subarray(0, end),
    values: ngrams.values.subarray(0, end),
    denseWidth: width,
    dense,
    styleWidth: STYLE_FEATURES.length,
    style,
    first: answers.first,
    second: answers.second,
    labels: Float64Array.from(pairs, ({ probabilityFirst }) => probabilityFirst),
    weights: Float64Array.from(pairs, ({ weight }) => weight),
    margins: Float64Array.from(pairs, ({ margin }) => margin ?? 0),
    ties: Uint8Array.from(pairs, ({ tie }) => (tie === true ? 1 : 0)),
  };
}

/** The rules in the block of all locales and in the locale's own. */
export function writeDense(row: Float64Array, rules: Float64Array, localeBlock: number): void {
  row.set(rules);
  if (localeBlock >= 0) row.set(rules, rules.length * (1 + localeBlock));
}

function distinctAnswers(pairs: readonly LabelledPair[]): DistinctAnswers {
  const known = new Map<string, number>();
  const of: DistinctAnswers['of'][number][] = [];
  const place = (pair: LabelledPair, side: 'first' | 'second'): number => {
    const { locale, category = '', text } = pair.prompt;
    const key = `${locale}\n${category}\n${text}\n\u0000${pair[side]}`;
    const at = known.get(key);
    if (at !== undefined) return at;
    known.set(key, of.length);
    return of.push({ pair, side }) - 1;
  };
  const first = Int32Array.from(pairs, (pair) => place(pair, 'first'));
  const second = Int32Array.from(pairs, (pair) => place(pair, 'second'));
  return { of, first, second };
}

function append(
  ngrams: { indices: Int32Array; values: Float32Array },
  start: number,
  {
    indices,
    values,
    length,
  }: { readonly indices: Int32Array; readonly values: Float64Array; readonly length: number },
): number {
  const end = start + length;
  if (end > MOST_NGRAMS) {
    const message = `The preferences have more than ${MOST_NGRAMS} character n-grams; train on fewer of them.`;
    throw new MajlisError(message, { code: 'resource_exhausted' });
  }
  if (end > ngrams.indices.length) {
    const room = Math.min(MOST_NGRAMS, 2 * end);
    const [grownIndices, grownValues] = [new Int32Array(room), new Float32Array(room)];
    grownIndices.set(ngrams.indices);
    grownValues.set(ngrams.values);
    ngrams.indices = grownIndices;
    ngrams.values = grownValues;
  }
  ngrams.indices.set(indices.subarray(0, length), start);
  ngrams.values.set(values.subarray(0, length), start);
  return end;
}
