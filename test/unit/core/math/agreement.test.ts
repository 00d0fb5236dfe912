import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { cohenKappa, krippendorffAlpha } from '../../../../core/math/agreement.js';
import { describeWithGolden, goldenFile } from '../../../support/shared-data.js';

const raters = z.object({ raters: z.array(z.string()), nominal: z.number() });
const goldenSchema = z.object({
  krippendorff: z.object({
    wikipedia_3x15: raters,
    codings_4x12: raters,
    '2x3': z.object({ units: z.array(z.array(z.number())), nominal: z.number() }),
  }),
  kappa: z.object({ cohen_sas: z.object({ table: z.array(z.array(z.number())), kappa: z.number() }) }),
});

/** Raters' rows, `*` or nothing where a unit was not rated, as the labels of each unit. */
function unitsOf(rows: readonly string[], separator: string): string[][] {
  const cells = rows.map((row) => row.split(separator));
  return cells[0].map((_, unit) =>
    cells.map((row) => row[unit] ?? '').filter((label) => !['', '*'].includes(label)),
  );
}

describeWithGolden('agreement, against published numbers', 'aggregation.json', () => {
  const read = (): z.infer<typeof goldenSchema> =>
    goldenSchema.parse(JSON.parse(readFileSync(goldenFile('aggregation.json'), 'utf8')));

  it("gives Cohen's kappa of the SAS manual's table", () => {
    const { table, kappa } = read().kappa.cohen_sas;
    expect(cohenKappa(table)).toBeCloseTo(kappa, 12);
  });

  it("gives Krippendorff's nominal alpha with missing labels", () => {
    const { wikipedia_3x15: wikipedia, codings_4x12: codings, '2x3': small } = read().krippendorff;
    expect(krippendorffAlpha(unitsOf(wikipedia.raters, ' '))).toBeCloseTo(wikipedia.nominal, 6);
    expect(krippendorffAlpha(unitsOf(codings.raters, ','))).toBeCloseTo(codings.nominal, 12);
    expect(krippendorffAlpha(small.units)).toBeCloseTo(small.nominal, 7);
  });
});

describe('cohenKappa', () => {
  it('is by hand 0.4 where raters agree on 35 of 50, and on half by chance', () => {
    // The usual textbook table: po = 35/50, pe = (25·30 + 25·20)/50² = 0.5.
    expect(
      cohenKappa([
        [20, 5],
        [10, 15],
      ]),
    ).toBeCloseTo(0.4, 12);
  });

  it('is 1 for raters who always agree and at most 0 for raters who never do', () => {
    expect(
      cohenKappa([
        [3, 0],
        [0, 4],
      ]),
    ).toBe(1);
    expect(
      cohenKappa([
        [0, 4],
        [4, 0],
      ]),
    ).toBe(-1);
  });

  it('is undefined, and no number, without units or with one category only', () => {
    expect(cohenKappa([[0, 0], [0, 0]])).toBeUndefined(); // prettier-ignore
    expect(cohenKappa([[7, 0], [0, 0]])).toBeUndefined(); // prettier-ignore
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
});
