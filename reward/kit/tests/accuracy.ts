import { macroShareFigure, shareFigure, type Threshold } from '../kit-figure.js';
import { byStratum, wins, type KitTest, type ScoredProbe } from '../kit-test.js';

const OVERALL: Threshold = {
  atLeast: 0.7,
  why: 'each pair differs in one plain fault; a model that misses three in ten adds more noise than the judges it learns from',
};
const EACH: Threshold = {
  atLeast: 0.5,
  why: 'below a coin the model pays for the fault',
};

/** The dimension of the pairs that say one thing in both registers. */
const REGISTER = 'register';

/**
 * Pair accuracy, averaged over dimensions. Candidates: better, worse. The pairs of `swap.jsonl` are a dimension of their own:
 * the target register's text is the better one.
 */
export const accuracy: KitTest = {
  name: 'accuracy',
  measures: 'how often the better of two answers is worth more, averaged over dimensions',
  file: 'pairs',
  inGaps: false,
  probes: ({ manifest: { locale }, probes }, { register, otherRegister }) => [
    ...probes.pairs.map(({ id, dimension, prompt, better, worse }) => ({
      id,
      stratum: dimension,
      candidates: [better, worse].map((answer) => ({ locale, prompt, answer })),
    })),
    ...(otherRegister === undefined ? [] : probes.swap).map(({ id, prompt, answers }) => ({
      id,
      stratum: REGISTER,
      candidates: [register, otherRegister ?? register].map((name) => ({
        locale,
        prompt,
        answer: answers[name],
      })),
    })),
  ],
  figures: (probes) => {
    const strata = [...byStratum(probes)].map(([name, items]) => ({ name, hits: items.map(hit) }));
    return [
      macroShareFigure(
        'mean over dimensions',
        strata.map(({ hits }) => hits),
        OVERALL,
      ),
      ...strata.map(({ name, hits }) => shareFigure(name, hits, EACH)),
    ];
  },
  fault: ({ scores: [better, worse] }) => worse - better,
};

/** The typical gap: the mean distance of a pair's two scores, averaged over dimensions; 0 where there is none. */
export function typicalGap(probes: readonly ScoredProbe[]): number {
  const means = [...byStratum(probes).values()].map(
    (items) =>
      items.reduce((sum, { scores: [better, worse] }) => sum + Math.abs(better - worse), 0) / items.length,
  );
  return means.reduce((sum, mean) => sum + mean, 0) / Math.max(1, means.length);
}

function hit({ scores: [better, worse] }: ScoredProbe): number {
  return wins(better, worse);
}
