import { meanFigure, type Threshold } from '../kit-figure.js';
import { byStratum, type KitTest, type MeasureContext, type ScoredProbe } from '../kit-test.js';

const SLOPE: Threshold = {
  atLeast: -0.2,
  atMost: 0.2,
  why: 'within one quality length is no merit; a doubling may be worth a fifth of what a plain fault costs, no more',
};

/**
 * What a doubling of an answer's length is worth where nothing is said by it, apart for good and for poor answers. Candidates:
 * the answer, and the answer with one, two … sentences of padding. The slope is of the reward on log₂ of the length
 * in characters, least squares within an item.
 */
export const lengthSlope: KitTest = {
  name: 'length-slope',
  measures: 'what a doubling of the length earns within one quality of answers',
  file: 'length',
  inGaps: true,
  probes: ({ manifest: { locale }, probes }) =>
    probes.length.map(({ id, quality, prompt, answer, padding }) => ({
      id,
      stratum: quality,
      candidates: Array.from({ length: padding.length + 1 }, (_, count) => ({
        locale,
        prompt,
        answer: [answer, ...padding.slice(0, count)].join(' '),
      })),
    })),
  figures: (probes, context) =>
    [...byStratum(probes)].map(([quality, items]) =>
      meanFigure({
        name: `${quality} answers, a doubling`,
        unit: 'gap',
        values: items.map((probe) => slope(probe, context)),
        threshold: SLOPE,
        rng: context.rng,
      }),
    ),
  fault: (probe, context) => Math.abs(slope(probe, context)) - (SLOPE.atMost ?? 0),
};

/** Least squares of the reward, in typical gaps, on log₂ of the number of characters. */
function slope({ candidates, scores }: ScoredProbe, { gap }: MeasureContext): number {
  const lengths = candidates.map(({ answer }) => Math.log2([...answer].length));
  const meanLength = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  const squares = lengths.reduce((sum, length) => sum + (length - meanLength) ** 2, 0);
  const products = lengths.reduce((sum, length, at) => sum + (length - meanLength) * scores[at], 0);
  return products / squares / gap;
}
