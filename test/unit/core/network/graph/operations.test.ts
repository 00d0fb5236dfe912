import { GraphBuilder } from '../../../../../core/network/graph/graph-builder.js';
import { causalAttention } from '../../../../../core/network/graph/operations/causal-attention.js';
import { Categorical } from '../../../../../core/network/graph/operations/categorical.js';
import {
  clamp,
  maximum,
  minimum,
  multiply,
  softplus,
  square,
  sum,
} from '../../../../../core/network/graph/operations/elementwise.js';
import { gatherRows } from '../../../../../core/network/graph/operations/gather-rows.js';
import { gelu } from '../../../../../core/network/graph/operations/gelu.js';
import { layerNorm } from '../../../../../core/network/graph/operations/layer-norm.js';
import { linear } from '../../../../../core/network/graph/operations/linear.js';
import { Tape } from '../../../../../core/network/graph/tape.js';
import type { Tensor } from '../../../../../core/network/graph/tape.js';
import type { Feed } from '../../../../../core/network/session/inference-session.js';
import { GraphThread } from './run-graph.js';

const matrix = (rows: readonly (readonly number[])[]): Feed => ({
  dims: [rows.length, rows[0].length],
  data: Float32Array.from(rows.flat()),
});
const vector = (...values: number[]): Feed => ({ dims: [values.length], data: Float32Array.from(values) });
const integers = (...values: number[]): Feed => ({
  dims: [values.length],
  data: BigInt64Array.from(values, (value) => BigInt(value)),
});

describe('graph operations', () => {
  let thread: GraphThread;
  beforeAll(() => {
    thread = new GraphThread();
  });
  afterAll(() => thread.close());

  /** Value of a function of parameters, and the gradient of the sum of its elements. */
  async function evaluate(
    parameters: Readonly<Record<string, Feed>>,
    build: (tape: Tape, parameter: Readonly<Record<string, Tensor>>) => Tensor,
    data: Readonly<Record<string, Feed>> = {},
  ): Promise<Record<string, number[]>> {
    const tape = new Tape(new GraphBuilder('test'));
    const entries = Object.entries(parameters);
    const tensors = entries.map(([name, { dims }]) => [name, tape.parameter(name, dims)] as const);
    const value = build(tape, Object.fromEntries(tensors));
    tape.graph.output(value.name, 'value', 'float32', value.shape);
    const gradients = tape.gradients(
      sum(tape, value),
      tensors.map(([, tensor]) => tensor),
    );
    entries.forEach(([name, { dims }], at) => {
      tape.graph.output(gradients[at], `d ${name}`, 'float32', dims);
    });
    const outputs = await thread.run(tape.graph.build(), { ...parameters, ...data });
    return Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, [...values]]));
  }

  function expectClose(actual: readonly number[], expected: readonly number[]): void {
    expect(actual.length).toBe(expected.length);
    expected.forEach((value, at) => expect(actual[at]).toBeCloseTo(value, 5));
  }

  it('gelu is the tanh form: values and slopes as PyTorch gives them', async () => {
    const result = await evaluate({ x: vector(-3, -1, 0, 1, 3) }, (tape, { x }) => gelu(tape, x));
    expectClose(result['value'], [-0.0036374, -0.158808, 0, 0.841192, 2.9963627]);
    expectClose(result['d x'], [-0.0115843, -0.0829641, 0.5, 1.0829641, 1.0115843]);
  });

  it('layerNorm centres and scales each row, then applies weight and bias', async () => {
    const result = await evaluate(
      { x: matrix([[1, 2, 3, 4]]), weight: vector(1, 1, 1, 2), bias: vector(0, 0, 0, 10) },
      (tape, { x, weight, bias }) => layerNorm(tape, x, { weight, bias }, 0),
    );
    const unit = Math.sqrt(1.25);
    expectClose(result['value'], [-1.5 / unit, -0.5 / unit, 0.5 / unit, 3 / unit + 10]);
    expectClose(result['d bias'], [1, 1, 1, 1]);
    expectClose(result['d weight'], [-1.5 / unit, -0.5 / unit, 0.5 / unit, 1.5 / unit]);
    // dx̂ = (1, 1, 1, 2): less its mean 1.25 and less x̂ · mean(dx̂ · x̂) = x̂ · 0.375 / unit, all over unit.
    const along = 0.375 / unit;
    const dx = [-1.5, -0.5, 0.5, 1.5].map((x, at) => ([1, 1, 1, 2][at] - 1.25 - (x / unit) * along) / unit);
    expectClose(result['d x'], dx);
  });

  it.each([false, true])('linear multiplies, with the matrix transposed: %p', async (transposed) => {
    const w = transposed
      ? matrix([
          [1, 3],
          [2, 4],
        ])
      : matrix([
          [1, 2],
          [3, 4],
        ]);
    const result = await evaluate(
      { x: matrix([[5, 6]]), w, b: vector(0.5, -0.5) },
      (tape, { x, w: weight, b }) => linear(tape, x, weight, { bias: b, transposed }),
    );
    expectClose(result['value'], [23.5, 33.5]);
    expectClose(result['d x'], [3, 7]);
    expectClose(result['d w'], transposed ? [5, 6, 5, 6] : [5, 5, 6, 6]);
    expectClose(result['d b'], [1, 1]);
  });

  it('gatherRows adds the gradients of a row that was taken twice', async () => {
    const result = await evaluate(
      {
        x: matrix([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
      },
      (tape, { x }) => gatherRows(tape, x, tape.graph.input('rows', 'int64', ['n']), 'n'),
      { rows: integers(2, 0, 2) },
    );
    expectClose(result['value'], [5, 6, 1, 2, 5, 6]);
    expectClose(result['d x'], [1, 1, 0, 0, 2, 2]);
  });

  it('choices send the gradient to the operand that was chosen, and none beyond a clamp', async () => {
    const pair = { a: vector(1, 5, 2), b: vector(3, 4, 2) };
    const least = await evaluate(pair, (tape, { a, b }) => minimum(tape, a, b));
    expect([least['value'], least['d a'], least['d b']]).toEqual([
      [1, 4, 2],
      [1, 0, 1],
      [0, 1, 0],
    ]);
    const most = await evaluate(pair, (tape, { a, b }) => maximum(tape, a, b));
    expect([most['value'], most['d a'], most['d b']]).toEqual([
      [3, 5, 2],
      [0, 1, 1],
      [1, 0, 0],
    ]);
    const held = await evaluate(
      { a: vector(-2, 0.5, 2) },
      (tape, { a }) => clamp(tape, a, tape.data('low', []), tape.data('high', [])),
      { low: { dims: [], data: Float32Array.of(-1) }, high: { dims: [], data: Float32Array.of(1) } },
    );
    expect([held['value'], held['d a']]).toEqual([
      [-1, 0.5, 1],
      [0, 1, 0],
    ]);
  });

  it('adds up the gradients of a value that is used more than once', async () => {
    const result = await evaluate({ x: vector(2, 3) }, (tape, { x }) => multiply(tape, square(tape, x), x));
    expectClose(result['value'], [8, 27]);
    expectClose(result['d x'], [12, 27]);
  });

  it('softplus neither overflows nor vanishes', async () => {
    const result = await evaluate({ x: vector(-100, 0, 100) }, (tape, { x }) => softplus(tape, x));
    expectClose(result['value'], [0, Math.log(2), 100]);
    expectClose(result['d x'], [0, 0.5, 1]);
  });

  it('attention mixes values of the past alone, evenly where queries are 0', async () => {
    // Two sequences of three tokens, one head of width 2; rows are query, key, value.
    const rows = [1, 2, 3, 4, 5, 6].map((n) => [0, 0, n, -n, n, 10 * n]);
    const mask = matrix([
      [0, -1e9, -1e9],
      [0, 0, -1e9],
      [0, 0, 0],
    ]);
    const result = await evaluate(
      { x: matrix(rows) },
      (tape, { x }) =>
        causalAttention(tape, x, { heads: 1, width: 2, mask: tape.data('mask', ['time', 'time']) }),
      { mask },
    );
    expectClose(result['value'], [1, 10, 1.5, 15, 2, 20, 4, 40, 4.5, 45, 5, 50]);
    // A token's value reaches itself and what follows: 1 + 1/2 + 1/3, 1/2 + 1/3, 1/3.
    const shares = [11 / 6, 5 / 6, 1 / 3];
    for (const [row, share] of [...shares, ...shares].entries()) {
      expectClose(result['d x'].slice(6 * row + 4, 6 * row + 6), [share, share]);
    }
  });

  it('a categorical gives log-probability and entropy with their slopes', async () => {
    const logits = [Math.log(1), Math.log(2), Math.log(5)];
    const picked = await evaluate(
      { z: matrix([logits]) },
      (tape, { z }) => new Categorical(tape, z).logProbability(tape.graph.input('outcome', 'int64', ['n'])),
      { outcome: integers(1) },
    );
    expectClose(picked['value'], [Math.log(2 / 8)]);
    expectClose(picked['d z'], [-1 / 8, 1 - 2 / 8, -5 / 8]);
    const entropy = await evaluate({ z: matrix([logits]) }, (tape, { z }) =>
      new Categorical(tape, z).entropy(),
    );
    const p = [1 / 8, 2 / 8, 5 / 8];
    const h = -p.reduce((total, q) => total + q * Math.log(q), 0);
    expectClose(entropy['value'], [h]);
    expectClose(
      entropy['d z'],
      p.map((q) => -q * (Math.log(q) + h)),
    );
  });
});
