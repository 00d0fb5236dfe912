import { krippendorffAlpha, krippendorffInterval } from '../../../../core/math/krippendorff-alpha.js';
import { createRng } from '../../../../core/math/rng.js';
import { AGGREGATION_GOLDEN, aggregationGolden } from '../../../support/aggregation-golden.js';
import { describeWithGolden } from '../../../support/shared-data.js';

/** Raters' rows, `*` or nothing where a unit was not rated, as the labels of each unit. */
function unitsOf(rows: readonly string[], separator: string): number[][] {
  const cells = rows.map((row) => row.split(separator));
  return cells[0].map((_, unit) =>
    cells
      .map((row) => row[unit] ?? '')
      .flatMap((label) => (['', '*'].includes(label) ? [] : [Number(label)])),
  );
}

const DISTANCES = ['nominal', 'ordinal', 'interval', 'ratio'] as const;

describeWithGolden("Krippendorff's alpha, against published numbers", AGGREGATION_GOLDEN, () => {
  it.each(DISTANCES)('is that of both published tables with missing labels: %s', (distance) => {
    const { wikipedia_3x15: wikipedia, codings_4x12: codings } = aggregationGolden().krippendorff;
    expect(krippendorffAlpha(unitsOf(wikipedia.raters, ' '), distance)).toBeCloseTo(wikipedia[distance], 6);
    expect(krippendorffAlpha(unitsOf(codings.raters, ','), distance)).toBeCloseTo(codings[distance], 6);
  });

  it('is below 0 where raters agree less than by chance', () => {
    const { units, nominal, interval } = aggregationGolden().krippendorff['2x3'];
    expect(krippendorffAlpha(units)).toBeCloseTo(nominal, 7);
    expect(krippendorffAlpha(units, 'interval')).toBeCloseTo(interval, 7);
  });

  it('has the bootstrap interval that evalica 0.4.2 finds', () => {
    const { raters } = aggregationGolden().krippendorff.codings_4x12;
    const options = { level: 0.95, resamples: 4000, rng: createRng(1) };
    const [low, high] = krippendorffInterval(unitsOf(raters, ','), options) ?? [NaN, NaN];
    // Of 20,000 resamples with three seeds: 0.562 to 0.572, and 0.850. One step of the grid of values is 0.011.
    expect(Math.abs(low - 0.5723684)).toBeLessThan(0.023);
    expect(Math.abs(high - 0.8503289)).toBeLessThan(0.023);
  });
});

describe('krippendorffAlpha', () => {
  it('does not count units that one rater labelled alone', () => {
    const units = [['a', 'a'], ['a', 'b'], ['b', 'b']]; // prettier-ignore
    expect(krippendorffAlpha([...units, ['a'], ['b'], []])).toBe(krippendorffAlpha(units));
  });

  it('is undefined where nothing can be compared, or where only one category was used', () => {
    expect(krippendorffAlpha([['a'], ['b']])).toBeUndefined();
    expect(krippendorffAlpha([['a', 'a'], ['a', 'a']])).toBeUndefined(); // prettier-ignore
  });

  it('has an interval that its normal limit continues: about as wide just below and above 20,000 pairs of labels', () => {
    const rng = createRng(3);
    const unit = (): number[] => Array.from({ length: 3 }, () => (rng.uniform() < 0.8 ? 1 : rng.integer(3)));
    const units = Array.from({ length: 6680 }, unit);
    const width = (count: number): number => {
      const options = { level: 0.95, resamples: 300, rng: createRng(4) };
      const [low, high] = krippendorffInterval(units.slice(0, count), options) ?? [NaN, NaN];
      return high - low;
    };
    // 6,666 units of three labels have 19,998 pairs; another ten go over. 300 resamples have a width to about 8 %.
    expect(Math.abs(width(6666) / width(6680) - 1)).toBeLessThan(0.2);
  });

  it('refuses words where distances need numbers', () => {
    expect(() => krippendorffAlpha([['a', 'b']], 'interval')).toThrow('The label "a" is no number');
  });
});
