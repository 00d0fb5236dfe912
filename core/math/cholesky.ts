import { MajlisError } from '../errors.js';

/**
 * Solves A·x = b for a symmetric positive definite A by its Cholesky factor. Dense, O(n³): for n up to a few hundred.
 * @param matrix A, row-major; only its lower triangle is read [n × n]
 * @param rightSide b [n]
 */
export function solveCholesky(matrix: Float64Array, rightSide: Float64Array): Float64Array {
  const size = rightSide.length;
  const factor = choleskyFactor(matrix, size);
  const solution = Float64Array.from(rightSide);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < row; column += 1) {
      solution[row] -= factor[row * size + column] * solution[column];
    }
    solution[row] /= factor[row * size + row];
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    for (let column = row + 1; column < size; column += 1) {
      solution[row] -= factor[column * size + row] * solution[column];
    }
    solution[row] /= factor[row * size + row];
  }
  return solution;
}

/** The lower triangular L with L·Lᵀ = A. */
function choleskyFactor(matrix: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let rest = matrix[row * size + column];
      for (let k = 0; k < column; k += 1) rest -= factor[row * size + k] * factor[column * size + k];
      if (row !== column) {
        factor[row * size + column] = rest / factor[column * size + column];
      } else if (rest > 0) {
        factor[row * size + row] = Math.sqrt(rest);
      } else {
        throw new MajlisError(`The matrix is not positive definite at row ${row}.`, { code: 'out_of_range' });
      }
    }
  }
  return factor;
}
