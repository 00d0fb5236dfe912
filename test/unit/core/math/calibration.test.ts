import { calibrationOf, fitTemperature } from '../../../../core/math/calibration.js';

const logit = (probability: number): number => Math.log(probability / (1 - probability));
const forecasts = (
  rows: readonly (readonly [probability: number, label: number])[],
): { logits: Float64Array; labels: Float64Array } => ({
  logits: Float64Array.from(rows, ([probability]) => logit(probability)),
  labels: Float64Array.from(rows, ([, label]) => label),
});

describe('calibrationOf', () => {
  it('agrees with numbers worked out by hand', () => {
    // Held for better with 0.8, 0.8, 0.6 and 0.6; right, wrong, right and (of 0.4 for the first) right.
    const found = calibrationOf(
      forecasts([
        [0.8, 1],
        [0.8, 0],
        [0.6, 1],
        [0.4, 0],
      ]),
      2,
    );
    expect(found.logLoss).toBeCloseTo(-(Math.log(0.8) + Math.log(0.2) + 2 * Math.log(0.6)) / 4, 12);
    expect(found.brier).toBeCloseTo((0.04 + 0.64 + 0.16 + 0.16) / 4, 12);
    expect(found.bins.map(({ accuracy }) => accuracy)).toEqual([1, 0.5]);
    expect(found.bins.map(({ confidence }) => Number(confidence.toFixed(12)))).toEqual([0.6, 0.8]);
    // Half the pairs are 0.4 too timid, half 0.3 too bold.
    expect(found.ece).toBeCloseTo(0.35, 12);
  });

  it('takes soft labels and weights', () => {
    const { logits, labels } = forecasts([
      [0.7, 0.7],
      [0.9, 0.5],
    ]);
    const found = calibrationOf({ logits, labels, weights: Float64Array.of(3, 1) }, 2);
    expect(found.brier).toBeCloseTo(0.16 / 4, 12);
    expect(found.ece).toBeCloseTo(0.1, 12);
  });

  it('does not depend on which answer stands first, nor on the order of pairs', () => {
    const rows = Array.from({ length: 101 }, (_, at): readonly [number, number] => [
      0.02 + (0.96 * ((at * 37) % 101)) / 100,
      ((at * 53) % 7) / 6,
    ]);
    const turned = rows.map(([p, y], at): readonly [number, number] =>
      at % 2 === 0 ? [p, y] : [1 - p, 1 - y],
    );
    const [one, other, backwards] = [rows, turned, [...rows].reverse()].map((set) =>
      calibrationOf(forecasts(set)),
    );
    for (const found of [other, backwards]) {
      expect(found.logLoss).toBeCloseTo(one.logLoss, 12);
      expect(found.brier).toBeCloseTo(one.brier, 12);
      expect(found.ece).toBeCloseTo(one.ece, 12);
    }
  });

  it('finds no error in a coin that says one half, whatever the labels', () => {
    const found = calibrationOf({ logits: new Float64Array(4), labels: Float64Array.of(1, 1, 1, 0) });
    expect(found).toMatchObject({
      ece: 0,
      brier: 0.25,
      bins: [{ confidence: 0.5, accuracy: 0.5, weight: 4 }],
    });
    expect(found.logLoss).toBeCloseTo(Math.log(2), 12);
  });

  it('refuses no pairs', () => {
    expect(() => calibrationOf({ logits: new Float64Array(), labels: new Float64Array() })).toThrow(
      'at least one',
    );
  });
});

describe('fitTemperature', () => {
  it('finds by how much logits are too large', () => {
    // Three of four are right where the logit says e²/(1 + e²): the likeliest logit is log 3.
    const logits = Float64Array.of(2, 2, 2, -2);
    const labels = Float64Array.of(1, 1, 0, 0);
    expect(fitTemperature({ logits, labels })).toBeCloseTo(2 / Math.log(3), 6);
  });

  it('stays at its bounds where labels agree with every logit or with none', () => {
    const logits = Float64Array.of(1, -1);
    expect(fitTemperature({ logits, labels: Float64Array.of(1, 0) })).toBeCloseTo(1 / 20, 6);
    expect(fitTemperature({ logits, labels: Float64Array.of(0, 1) })).toBeCloseTo(20, 6);
  });
});
