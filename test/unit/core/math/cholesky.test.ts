import { solveCholesky } from '../../../../core/math/cholesky.js';
import { createRng } from '../../../../core/math/rng.js';
import { expectClose } from '../../../support/expect-close.js';

describe('solveCholesky', () => {
  it('solves a system worked out by hand', () => {
    // 4x + 2y = 10 and 2x + 3y = 11 have x = 1, y = 3.
    expectClose(solveCholesky(Float64Array.of(4, 2, 2, 3), Float64Array.of(10, 11)), [1, 3], 1e-14);
  });

  it('finds the solution that a random system was made from', () => {
    const rng = createRng(6);
    const size = 12;
    const root = Float64Array.from({ length: size * size }, () => rng.normal());
    const wanted = Float64Array.from({ length: size }, () => rng.normal());
    const matrix = new Float64Array(size * size);
    for (let row = 0; row < size; row += 1) {
      for (let column = 0; column < size; column += 1) {
        for (let k = 0; k < size; k += 1)
          matrix[row * size + column] += root[row * size + k] * root[column * size + k];
      }
      matrix[row * size + row] += 1;
    }
    const rightSide = wanted.map((_, row) =>
      wanted.reduce((sum, entry, column) => sum + matrix[row * size + column] * entry, 0),
    );
    expectClose(solveCholesky(matrix, rightSide), wanted, 1e-11);
  });

  it('refuses a matrix that is not positive definite', () => {
    expect(() => solveCholesky(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1))).toThrow('row 1');
    expect(() => solveCholesky(Float64Array.of(NaN), Float64Array.of(1))).toThrow('row 0');
  });
});
