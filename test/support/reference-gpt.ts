import type { GptConfig } from '../../core/network/gpt/gpt-config.js';
import type { Weights } from '../../core/network/gpt/gpt-parameters.js';

type Matrix = number[][];

/**
 * GPT-2's forward pass in plain float64 loops, written from the paper's description and Hugging Face's weight names:
 * slow, and independent of every graph that the project builds. Gives the logits after each token. [token][vocabulary]
 */
export function referenceLogits(config: GptConfig, weights: Weights, tokenIds: readonly number[]): Matrix {
  const { width, layers, vocabSize } = config;
  const parameter = (name: string): Float32Array => {
    const values = weights.get(name);
    if (values === undefined) throw new Error(`no parameter ${name}`);
    return values;
  };
  const linear = (rows: Matrix, name: string, outputs: number): Matrix => {
    const matrix = parameter(`${name}.weight`);
    const bias = parameter(`${name}.bias`);
    return rows.map((row) =>
      Array.from({ length: outputs }, (_, out) =>
        row.reduce((sum, value, at) => sum + value * matrix[at * outputs + out], bias[out]),
      ),
    );
  };
  const norm = (rows: Matrix, name: string): Matrix =>
    rows.map((row) => layerNorm(row, parameter(`${name}.weight`), parameter(`${name}.bias`)));
  const embeddings = parameter('transformer.wte.weight');
  const places = parameter('transformer.wpe.weight');
  let stream: Matrix = tokenIds.map((id, place) =>
    Array.from({ length: width }, (_, at) => embeddings[id * width + at] + places[place * width + at]),
  );
  for (let layer = 0; layer < layers; layer += 1) {
    const block = `transformer.h.${String(layer)}`;
    const qkv = linear(norm(stream, `${block}.ln_1`), `${block}.attn.c_attn`, 3 * width);
    stream = add(stream, linear(attend(qkv, config), `${block}.attn.c_proj`, width));
    const wide = linear(norm(stream, `${block}.ln_2`), `${block}.mlp.c_fc`, 4 * width);
    stream = add(
      stream,
      linear(
        wide.map((row) => row.map(gelu)),
        `${block}.mlp.c_proj`,
        width,
      ),
    );
  }
  const head = parameter('lm_head.weight');
  return norm(stream, 'transformer.ln_f').map((row) =>
    Array.from({ length: vocabSize }, (_, id) =>
      row.reduce((sum, value, at) => sum + value * head[id * width + at], 0),
    ),
  );
}

/** Log-probabilities of `answer` after `prompt`, of softmax(logits / temperature). [token] */
export function referenceLogProbs(
  model: { readonly config: GptConfig; readonly weights: Weights },
  prompt: readonly number[],
  answer: readonly number[],
  temperature: number,
): number[] {
  const logits = referenceLogits(model.config, model.weights, [...prompt, ...answer]);
  return answer.map((id, at) => {
    const scaled = logits[prompt.length + at - 1].map((logit) => logit / temperature);
    const largest = Math.max(...scaled);
    return scaled[id] - largest - Math.log(scaled.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
  });
}

function add(a: Matrix, b: Matrix): Matrix {
  return a.map((row, r) => row.map((value, at) => value + b[r][at]));
}

function layerNorm(row: number[], gain: Float32Array, bias: Float32Array): number[] {
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
  const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
  return row.map((value, at) => ((value - mean) / Math.sqrt(variance + 1e-5)) * gain[at] + bias[at]);
}

/** gelu_new: the tanh form. */
function gelu(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

function attend(qkv: Matrix, { width, heads }: GptConfig): Matrix {
  const size = width / heads;
  return qkv.map((row, place) => {
    const attended = new Array<number>(width).fill(0);
    for (let head = 0; head < heads; head += 1) {
      const from = head * size;
      const scores = qkv.slice(0, place + 1).map((past) => {
        let dot = 0;
        for (let at = from; at < from + size; at += 1) dot += row[at] * past[width + at];
        return Math.exp(dot / Math.sqrt(size));
      });
      const total = scores.reduce((sum, score) => sum + score, 0);
      scores.forEach((score, past) => {
        for (let at = from; at < from + size; at += 1) {
          attended[at] += (score / total) * qkv[past][2 * width + at];
        }
      });
    }
    return attended;
  });
}
