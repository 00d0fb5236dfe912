import { frequentFirst } from '../../../../../reward/model/light/frequent-first.js';
import type { PairDesign } from '../../../../../reward/model/light/pair-design.js';

/** Four buckets, of which 2 stands three times, 0 and 3 once and 1 never, and a dense feature. */
const DESIGN = {
  buckets: 4,
  indices: Int32Array.from([2, 0, 2, 3, 2]),
  denseWidth: 1,
} as PairDesign;

describe('a design with its frequent n-grams first', () => {
  it('numbers buckets by how often they stand in answers, and by their own number where that is equal', () => {
    expect([...frequentFirst(DESIGN).design.indices]).toEqual([0, 1, 0, 2, 0]);
  });

  it('moves the weights of n-grams along and leaves all others where they are, there and back', () => {
    const point = Float64Array.from([10, 11, 12, 13, 99]);
    const { renumbered, original } = frequentFirst(DESIGN);
    expect([...renumbered(point)]).toEqual([12, 10, 13, 11, 99]);
    expect(original(renumbered(point))).toEqual(point);
  });
});
