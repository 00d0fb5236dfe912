import type { Tape, Tensor } from '../tape.js';

export interface LinearOptions {
  /** [out] */
  readonly bias?: Tensor;
  /** True where the matrix is [out, in]. */
  readonly transposed?: boolean;
}

/** x · W + b, for x [row, in] and W [in, out] (or [out, in] when `transposed`). */
export function linear(tape: Tape, x: Tensor, matrix: Tensor, options: LinearOptions = {}): Tensor {
  const { graph } = tape;
  const { bias, transposed = false } = options;
  const transB = transposed ? 1 : 0;
  const inputs = bias === undefined ? [x.name, matrix.name] : [x.name, matrix.name, bias.name];
  const name = graph.node('Gemm', inputs, { attributes: { transB } });
  const parents = bias === undefined ? [x, matrix] : [x, matrix, bias];
  return tape.record(name, [x.shape[0], matrix.shape[transposed ? 0 : 1]], parents, (gradient) => [
    x.needsGradient
      ? graph.node('Gemm', [gradient, matrix.name], { attributes: { transB: 1 - transB } })
      : undefined,
    matrix.needsGradient
      ? graph.node('Gemm', transposed ? [gradient, x.name] : [x.name, gradient], {
          attributes: { transA: 1 },
        })
      : undefined,
    bias?.needsGradient === true
      ? graph.node('ReduceSum', [gradient, graph.integers(0)], { attributes: { keepdims: 0 } })
      : undefined,
  ]);
}
