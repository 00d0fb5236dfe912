import type { Tape, Tensor } from '../tape.js';

/** LayerNorm (Ba et al. 2016) over the last axis of x [row, width], with weight and bias [width]. */
export function layerNorm(
  tape: Tape,
  x: Tensor,
  affine: { readonly weight: Tensor; readonly bias: Tensor },
  epsilon: number,
): Tensor {
  const { graph } = tape;
  const { weight, bias } = affine;
  const [name, mean, inverseDeviation] = graph.nodeWithOutputs(
    'LayerNormalization',
    [x.name, weight.name, bias.name],
    3,
    { attributes: { axis: -1 }, floatAttributes: { epsilon } },
  );
  return tape.record(name, x.shape, [x, weight, bias], (gradient) => {
    const rowMean = (value: string): string =>
      graph.node('ReduceMean', [value, graph.integers(-1)], { attributes: { keepdims: 1 } });
    const sumRows = (value: string): string =>
      graph.node('ReduceSum', [value, graph.integers(0)], { attributes: { keepdims: 0 } });
    const normal = graph.node('Mul', [graph.node('Sub', [x.name, mean]), inverseDeviation]);
    const toNormal = graph.node('Mul', [gradient, weight.name]);
    const alongNormal = graph.node('Mul', [normal, rowMean(graph.node('Mul', [toNormal, normal]))]);
    const centred = graph.node('Sub', [toNormal, rowMean(toNormal)]);
    return [
      graph.node('Mul', [graph.node('Sub', [centred, alongNormal]), inverseDeviation]),
      sumRows(graph.node('Mul', [gradient, normal])),
      sumRows(gradient),
    ];
  });
}
