import type { LabelledPair } from '../labelled-pair.js';

/** What a judge may pay for that is no quality: names of the nuisance features, in order. */
export const STYLE_FEATURES = ['length', 'list-items', 'headings', 'bold'] as const;

const LIST_ITEM = /^[ \t]*(?:[-*+•]|\p{Nd}+[.)])[ \t]/gmu;
const HEADING = /^#{1,6}[ \t]/gm;
const BOLD = /\*\*[^*\n]+\*\*/g;

/**
 * The style of each answer by `STYLE_FEATURES`, as raw numbers: characters, and counts of Markdown list items, headings and
 * bold spans.
 */
export function styleOf(text: string): readonly number[] {
  return [text.length, countOf(text, LIST_ITEM), countOf(text, HEADING), countOf(text, BOLD)];
}

/**
 * Nuisance features of pairs: tanh(gap / sd) for each style feature, where sd is the root mean square gap of `scales`
 * (length-controlled AlpacaEval, Dubois et al. 2024, arXiv 2404.04475). They stand in training and are 0 when answers are
 * scored. A share of foreign letters is none of them: that is what a rubric's language criterion is about.
 * @returns [pair × feature]
 */
export function styleGaps(pairs: readonly LabelledPair[], scales: readonly number[]): Float64Array {
  const width = STYLE_FEATURES.length;
  const gaps = rawGaps(pairs);
  return gaps.map((gap, at) => (scales[at % width] === 0 ? 0 : Math.tanh(gap / scales[at % width])));
}

/** Root mean square gap of each style feature; 0 of one that no pair differs in. */
export function styleScales(pairs: readonly LabelledPair[]): readonly number[] {
  const width = STYLE_FEATURES.length;
  const squares = new Float64Array(width);
  for (const [at, gap] of rawGaps(pairs).entries()) squares[at % width] += gap * gap;
  return Array.from(squares, (sum) => Math.sqrt(sum / Math.max(1, pairs.length)));
}

function rawGaps(pairs: readonly LabelledPair[]): Float64Array {
  const width = STYLE_FEATURES.length;
  const gaps = new Float64Array(pairs.length * width);
  for (const [at, { first, second }] of pairs.entries()) {
    const [one, other] = [styleOf(first), styleOf(second)];
    for (let feature = 0; feature < width; feature += 1) {
      gaps[at * width + feature] = one[feature] - other[feature];
    }
  }
  return gaps;
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
