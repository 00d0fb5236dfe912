import { MajlisError } from '../../errors.js';
import { createRng } from '../../math/rng.js';
import type { Rng } from '../../math/rng.js';
import type { GptConfig } from '../../network/gpt/gpt-config.js';
import type { Weights } from '../../network/gpt/gpt-parameters.js';
import { gptParameters } from '../../network/gpt/gpt-parameters.js';
import type { Feeds, InferenceSession } from '../../network/session/inference-session.js';
import type { GeneratedSequence, GenerateRequest } from '../engine.js';
import { pastName, presentName } from './decode-graph.js';
import { sampleToken } from './sample-token.js';

/** A policy's weights in the form that its graph is fed with. */
export type WeightFeeds = Feeds;

/** What a decoding step needs of its model. */
export interface DecodeModel {
  readonly session: InferenceSession;
  readonly config: GptConfig;
  readonly weights: WeightFeeds;
}

/** Pairs weights with their shapes. */
export function weightFeeds(config: GptConfig, weights: Weights): WeightFeeds {
  return Object.fromEntries(
    gptParameters(config).map(({ name, shape }) => {
      const data = weights.get(name);
      if (data === undefined) throw new MajlisError(`Parameter ${name} is missing.`, { code: 'data_loss' });
      return [name, { data, dims: shape }];
    }),
  );
}

/** Keys and values of every layer. [layer][2, batch, head, length, headWidth] */
interface Cache {
  readonly batch: number;
  readonly length: number;
  readonly layers: readonly Float32Array[];
}

/** One answer while it grows. */
interface Row {
  readonly draws: Rng;
  readonly tokenIds: number[];
  readonly logProbs: number[];
  stopped: boolean;
}

/**
 * Samples the answers of one request: the prompt is computed once, its cache is copied to every row, and then every
 * row advances by a token per step.
 *
 * Batch size stays the number of samples from first step to last, whichever rows have ended: the shapes of a task's
 * computation, and with them its bits, depend on the request alone. A row that has ended is fed padding that no
 * other row sees. Token t of sample i is drawn with the t-th number of the stream (seed, i).
 * `throwIfAborted` is asked before every step.
 */
export async function decode(
  model: DecodeModel,
  request: GenerateRequest,
  throwIfAborted: () => void,
): Promise<GeneratedSequence[]> {
  const { promptTokenIds, samples, seed, sampling } = request;
  const root = createRng(seed).fork('answer');
  const rows: Row[] = Array.from({ length: samples }, (_, index) => ({
    draws: root.fork(index),
    tokenIds: [],
    logProbs: [],
    stopped: false,
  }));
  throwIfAborted();
  const prefill = await step(model, promptTokenIds, emptyCache(model.config));
  drawTokens(rows, prefill.logits, request);
  let cache = broadcast(prefill.cache, samples);
  for (let drawn = 1; drawn < sampling.maxNewTokens && !rows.every((row) => row.stopped); drawn += 1) {
    throwIfAborted();
    const next = await step(
      model,
      rows.map(({ tokenIds }) => tokenIds[tokenIds.length - 1]),
      cache,
    );
    drawTokens(rows, next.logits, request);
    cache = next.cache;
  }
  return rows.map(({ tokenIds, logProbs, stopped }) => ({
    tokenIds,
    logProbs,
    finish: stopped ? 'stop' : 'length',
  }));
}

function emptyCache({ layers }: GptConfig): Cache {
  return { batch: 1, length: 0, layers: Array.from({ length: layers }, () => new Float32Array(0)) };
}

/** Appends the same number of tokens to every row of the cache. tokenIds: [batch, new] */
async function step(
  { session, config, weights }: DecodeModel,
  tokenIds: readonly number[],
  cache: Cache,
): Promise<{ logits: Float32Array; cache: Cache }> {
  const { heads, width } = config;
  const added = tokenIds.length / cache.batch;
  const feeds: Record<string, Feeds[string]> = {
    ...weights,
    token_ids: { data: BigInt64Array.from(tokenIds, BigInt), dims: [cache.batch, added] },
    positions: {
      data: BigInt64Array.from({ length: added }, (_, at) => BigInt(cache.length + at)),
      dims: [added],
    },
  };
  const dims = [2, cache.batch, heads, cache.length, width / heads];
  cache.layers.forEach((data, layer) => (feeds[pastName(layer)] = { data, dims }));
  const results = await session.run(feeds);
  return {
    logits: results['logits'],
    cache: {
      batch: cache.batch,
      length: cache.length + added,
      layers: cache.layers.map((_, layer) => results[presentName(layer)]),
    },
  };
}

/** Copies the one row of a cache to `batch` rows. */
function broadcast(cache: Cache, batch: number): Cache {
  const layers = cache.layers.map((layer) => {
    const row = layer.length / 2;
    const copies = new Float32Array(layer.length * batch);
    for (let copy = 0; copy < batch; copy += 1) {
      copies.set(layer.subarray(0, row), copy * row);
      copies.set(layer.subarray(row), (batch + copy) * row);
    }
    return copies;
  });
  return { batch, length: cache.length, layers };
}

/** Draws each unfinished row's next token. logits: [batch, vocabulary], where a batch of 1 stands for all rows */
function drawTokens(
  rows: readonly Row[],
  logits: Float32Array,
  { sampling, samples }: GenerateRequest,
): void {
  const isPrefill = samples > 1 && rows[0].tokenIds.length === 0;
  const vocabSize = isPrefill ? logits.length : logits.length / samples;
  rows.forEach((row, index) => {
    if (row.stopped) return;
    const begin = isPrefill ? 0 : index * vocabSize;
    const { id, logProb } = sampleToken(
      logits.subarray(begin, begin + vocabSize),
      sampling.temperature,
      row.draws.uniform(),
    );
    row.tokenIds.push(id);
    row.logProbs.push(logProb);
    row.stopped = sampling.stopTokenIds.includes(id);
  });
}
