import { TensorName } from '../../proto/gen/majlis/v1/trainer.js';
import type { LossRequest, PairBatch, PolicyBatch, TokenBatch, ValueBatch } from '../trainer/trainer.js';
import type { TensorReader } from './tensor-reader.js';
import type { Tensor } from './tensor-stream.js';

/**
 * The batches of core/trainer/trainer.ts as named tensors. Reading checks shapes: offsets partition the tokens, per-token
 * tensors are as long as the tokens, pairs point at sequences of the batch.
 */

/** The tensors that every batch has. */
export function tokenTensors(batch: TokenBatch): Map<TensorName, Tensor> {
  return new Map<TensorName, Tensor>([
    [TensorName.TOKEN_IDS, batch.tokenIds],
    [TensorName.OFFSETS, batch.offsets],
    [TensorName.WEIGHTS, batch.weights],
  ]);
}

/** All tensors of a loss's batch. */
export function lossTensors(loss: LossRequest): Map<TensorName, Tensor> {
  const tensors = tokenTensors(loss.batch);
  const add = (name: TensorName, tensor: Tensor | undefined): void => {
    if (tensor !== undefined) tensors.set(name, tensor);
  };
  switch (loss.type) {
    case 'cross_entropy':
      break;
    case 'ppo':
      add(TensorName.ADVANTAGES, loss.batch.advantages);
      add(TensorName.OLD_LOG_PROBS, loss.batch.oldLogProbs);
      add(TensorName.REFERENCE_LOG_PROBS, loss.batch.referenceLogProbs);
      break;
    case 'value':
      add(TensorName.OLD_VALUES, loss.batch.oldValues);
      add(TensorName.RETURNS, loss.batch.returns);
      break;
    case 'dpo':
      add(TensorName.REFERENCE_SUMS, loss.batch.referenceSums);
      addPairs(loss.batch, add);
      break;
    case 'bradley_terry':
      addPairs(loss.batch, add);
      break;
  }
  return tensors;
}

function addPairs(batch: PairBatch, add: (name: TensorName, tensor: Tensor | undefined) => void): void {
  add(TensorName.FIRST, batch.first);
  add(TensorName.SECOND, batch.second);
  add(TensorName.LABELS, batch.labels);
  add(TensorName.MARGINS, batch.margins);
  add(TensorName.LOGIT_OFFSETS, batch.logitOffsets);
  add(TensorName.PAIR_WEIGHTS, batch.pairWeights);
}

/** Reads the tensors that every batch has. */
export function readTokenBatch(reader: TensorReader, temperature: number): TokenBatch {
  const tokenIds = reader.int32(TensorName.TOKEN_IDS);
  const offsets = reader.int32(TensorName.OFFSETS);
  const rises = offsets.every((offset, place) => offset >= (offsets[place - 1] ?? 0));
  if (offsets.length < 2 || !rises || offsets[0] !== 0 || offsets.at(-1) !== tokenIds.length) {
    throw reader.refusal(
      TensorName.OFFSETS,
      `${offsets.length} offsets from ${offsets[0] ?? 'nothing'} to ${offsets.at(-1) ?? 'nothing'}`,
      `rising offsets from 0 to the ${tokenIds.length} tokens`,
    );
  }
  return { tokenIds, offsets, weights: reader.float32(TensorName.WEIGHTS, tokenIds.length), temperature };
}

/** Reads the tensors of `ppo`. */
export function readPolicyBatch(reader: TensorReader, temperature: number): PolicyBatch {
  const batch = readTokenBatch(reader, temperature);
  const tokens = batch.tokenIds.length;
  const referenceLogProbs = reader.optionalFloat32(TensorName.REFERENCE_LOG_PROBS, tokens);
  return {
    ...batch,
    advantages: reader.float32(TensorName.ADVANTAGES, tokens),
    oldLogProbs: reader.float32(TensorName.OLD_LOG_PROBS, tokens),
    ...(referenceLogProbs === undefined ? {} : { referenceLogProbs }),
  };
}

/** Reads the tensors of `value`. */
export function readValueBatch(reader: TensorReader, temperature: number): ValueBatch {
  const batch = readTokenBatch(reader, temperature);
  const tokens = batch.tokenIds.length;
  return {
    ...batch,
    oldValues: reader.float32(TensorName.OLD_VALUES, tokens),
    returns: reader.float32(TensorName.RETURNS, tokens),
  };
}

/** Reads the tensors that both pair losses have. */
export function readPairBatch(reader: TensorReader, temperature: number): PairBatch {
  const batch = readTokenBatch(reader, temperature);
  const sequences = batch.offsets.length - 1;
  const first = readMembers(reader, TensorName.FIRST, sequences);
  const pairs = first.length;
  const second = readMembers(reader, TensorName.SECOND, sequences, pairs);
  const pairWeights = reader.float32(TensorName.PAIR_WEIGHTS);
  if (pairs === 0 || pairWeights.length === 0 || pairWeights.length % pairs !== 0) {
    const found = `${pairWeights.length} entries for ${pairs} pairs`;
    throw reader.refusal(TensorName.PAIR_WEIGHTS, found, 'one entry for each pair and head');
  }
  const margins = reader.optionalFloat32(TensorName.MARGINS, pairs);
  const logitOffsets = reader.optionalFloat32(TensorName.LOGIT_OFFSETS, pairs);
  return {
    ...batch,
    first,
    second,
    labels: reader.float32(TensorName.LABELS, pairs),
    pairWeights,
    ...(margins === undefined ? {} : { margins }),
    ...(logitOffsets === undefined ? {} : { logitOffsets }),
  };
}

/** Indices of sequences, each inside the batch. */
function readMembers(reader: TensorReader, name: TensorName, sequences: number, length?: number): Int32Array {
  const members = reader.int32(name, length);
  const outside = members.find((member) => member < 0 || member >= sequences);
  if (outside === undefined) return members;
  throw reader.refusal(name, String(outside), `sequences from 0 to ${sequences - 1}`);
}
