import { shareFigure, type Threshold } from '../kit-figure.js';
import type { KitTest, ScoredProbe } from '../kit-test.js';

const AGREEMENT: Threshold = {
  atLeast: 0.7,
  why: 'the fault of the worse answer is the same in both languages; three in ten may be noise, as for accuracy',
};

/**
 * Whether a pair and its translation are decided alike, right or wrong. Candidates: better and worse in the locale, then both
 * in the translation. A tie in either is a half.
 */
export const translation: KitTest = {
  name: 'translation',
  measures: 'how often a pair and its translation are decided alike',
  file: 'translations',
  inGaps: false,
  probes: ({ manifest: { locale }, probes }) =>
    probes.translations.map(({ id, translation: translated, ...own }) => ({
      id,
      candidates: [{ ...own, locale }, translated].flatMap((pair) =>
        [pair.better, pair.worse].map((answer) => ({ locale: pair.locale, prompt: pair.prompt, answer })),
      ),
    })),
  figures: (probes) => [shareFigure('decided alike', probes.map(agreement), AGREEMENT)],
  fault: (probe) => 0.5 - agreement(probe),
};

function agreement({ scores: [better, worse, translatedBetter, translatedWorse] }: ScoredProbe): number {
  return (1 + Math.sign(better - worse) * Math.sign(translatedBetter - translatedWorse)) / 2;
}
