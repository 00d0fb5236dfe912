import { z } from 'zod';
import { TensorName, Want as WireWant } from '../../proto/gen/majlis/v1/trainer.js';
import type * as wire from '../../proto/gen/majlis/v1/trainer.js';
import type { ForwardRequest, ForwardResult, ForwardWant, TrainerCall } from '../trainer/trainer.js';
import { readTokenBatch, tokenTensors } from './convert-batch.js';
import { trainerCallMessage, trainerCallToMessage } from './convert-trainer-call.js';
import { enumeration, finite, identifier, message } from './message-fields.js';
import { parseMessage } from './parse-message.js';
import { TensorReader } from './tensor-reader.js';
import type { CollectOptions, Tensor } from './tensor-stream.js';
import { collectParts, declareTensors, streamParts } from './tensor-stream.js';

/** Forward, both ways. A reply is read against its request: it holds what was wanted, in the batch's shape, and no more. */
const REQUEST = 'message majlis.v1.ForwardRequest';
const RESPONSE = 'message majlis.v1.ForwardResponse';

const WANT_TO_WIRE: Readonly<Record<ForwardWant, WireWant>> = {
  log_probs: WireWant.LOG_PROBS,
  entropy: WireWant.ENTROPY,
  values: WireWant.VALUES,
  scores: WireWant.SCORES,
  kl: WireWant.KL,
};

const headerMessage = message({
  call: trainerCallMessage,
  modelId: identifier,
  want: z.array(enumeration(WANT_TO_WIRE)),
  against: identifier.exactOptional(),
  temperature: finite,
});

/** The messages of one Forward call. */
export function forwardToParts(
  call: TrainerCall,
  request: ForwardRequest,
  chunkBytes?: number,
): Generator<wire.ForwardRequest> {
  const tensors = tokenTensors(request.batch);
  const header: wire.ForwardHeader = {
    call: trainerCallToMessage(call),
    modelId: request.modelId,
    want: request.want.map((want) => WANT_TO_WIRE[want]),
    against: request.against,
    temperature: request.batch.temperature,
    tensors: declareTensors(tensors),
  };
  return streamParts(header, tensors, chunkBytes);
}

/** Reads the messages of one Forward call. */
export async function forwardFromParts(
  parts: AsyncIterable<wire.ForwardRequest>,
  options?: Omit<CollectOptions, 'source'>,
): Promise<{ readonly call: TrainerCall; readonly request: ForwardRequest }> {
  const { header, tensors } = await collectParts(parts, { ...options, source: REQUEST });
  const { call, temperature, ...named } = parseMessage(headerMessage, header, REQUEST);
  const reader = new TensorReader(tensors, REQUEST);
  const batch = readTokenBatch(reader, temperature);
  reader.finish();
  return { call, request: { ...named, batch } };
}

/** The messages of one Forward reply. */
export function forwardResultToParts(
  result: ForwardResult,
  chunkBytes?: number,
): Generator<wire.ForwardResponse> {
  const tensors = new Map<TensorName, Tensor>();
  if (result.logProbs !== undefined) tensors.set(TensorName.LOG_PROBS, result.logProbs);
  if (result.entropy !== undefined) tensors.set(TensorName.ENTROPY, result.entropy);
  if (result.values !== undefined) tensors.set(TensorName.VALUES, result.values);
  if (result.kl !== undefined) tensors.set(TensorName.KL, result.kl);
  if (result.scores !== undefined) tensors.set(TensorName.SCORES, result.scores);
  return streamParts({ tensors: declareTensors(tensors) }, tensors, chunkBytes);
}

/** Reads the reply to a request. */
export async function forwardResultFromParts(
  request: ForwardRequest,
  parts: AsyncIterable<wire.ForwardResponse>,
  options?: Omit<CollectOptions, 'source'>,
): Promise<ForwardResult> {
  const { tensors } = await collectParts(parts, { ...options, source: RESPONSE });
  const reader = new TensorReader(tensors, RESPONSE);
  const tokens = request.batch.tokenIds.length;
  const wanted = (want: ForwardWant): boolean => request.want.includes(want);
  const result: ForwardResult = {
    ...(wanted('log_probs') ? { logProbs: reader.float32(TensorName.LOG_PROBS, tokens) } : {}),
    ...(wanted('entropy') ? { entropy: reader.float32(TensorName.ENTROPY, tokens) } : {}),
    ...(wanted('values') ? { values: reader.float32(TensorName.VALUES, tokens) } : {}),
    ...(wanted('kl') ? { kl: reader.float32(TensorName.KL, tokens) } : {}),
    ...(wanted('scores') ? { scores: readScores(reader, request.batch.offsets.length - 1) } : {}),
  };
  reader.finish();
  return result;
}

/** [sequence × head], at least one head. */
function readScores(reader: TensorReader, sequences: number): Float32Array {
  const scores = reader.float32(TensorName.SCORES);
  if (scores.length > 0 && scores.length % sequences === 0) return scores;
  const allowed = `one entry for each of ${sequences} sequences and each head`;
  throw reader.refusal(TensorName.SCORES, `${scores.length} entries`, allowed);
}
