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
  solveLower(factor, solution, 0);
  for (let row = size - 1; row >= 0; row -= 1) {
    for (let column = row + 1; column < size; column += 1) {
      solution[row] -= factor[column * size + row] * solution[column];
    }
    solution[row] /= factor[row * size + row];
  }
  return solution;
}

/**
 * The inverse of a symmetric positive definite matrix by its Cholesky factor. Dense, O(n³).
 * @param matrix row-major; only its lower triangle is read [n × n]
 * @returns [n × n]
 */
export function invertCholesky(matrix: Float64Array, size: number): Float64Array {
  const factor = choleskyFactor(matrix, size);
  const inverse = new Float64Array(size * size);
  for (let column = 0; column < size; column += 1) {
    // By symmetry a column of the inverse is a row of it, and rows lie together.
    const row = inverse.subarray(column * size, (column + 1) * size);
    row[column] = 1;
    solveLower(factor, row, column);
    solveUpper(factor, row);
  }
  return inverse;
}

/** Solves L·x = b, x in b's place; b is 0 before `from`. */
function solveLower(factor: Float64Array, solution: Float64Array, from: number): void {
  const size = solution.length;
  for (let row = from; row < size; row += 1) {
    for (let column = from; column < row; column += 1) {
      solution[row] -= factor[row * size + column] * solution[column];
    }
    solution[row] /= factor[row * size + row];
  }
}

/** Solves Lᵀ·x = b, x in b's place, along the rows of L: memory is read in its order, which a large inverse needs. */
function solveUpper(factor: Float64Array, solution: Float64Array): void {
  const size = solution.length;
  for (let row = size - 1; row >= 0; row -= 1) {
    solution[row] /= factor[row * size + row];
    for (let column = 0; column < row; column += 1) {
      solution[column] -= factor[row * size + column] * solution[row];
    }
  }
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
