import { z } from 'zod';
import {
  KlKind as WireKlKind,
  RatioKind as WireRatioKind,
  TensorName,
} from '../../proto/gen/majlis/v1/trainer.js';
import type * as wire from '../../proto/gen/majlis/v1/trainer.js';
import type {
  ForwardBackwardRequest,
  ForwardBackwardResult,
  KlKind,
  LossRequest,
  PpoLossConfig,
  TrainerCall,
} from '../trainer/trainer.js';
import {
  lossTensors,
  readPairBatch,
  readPolicyBatch,
  readTokenBatch,
  readValueBatch,
} from './convert-batch.js';
import { trainerCallMessage, trainerCallToMessage } from './convert-trainer-call.js';
import { computed, count, enumeration, finite, identifier, message } from './message-fields.js';
import { parseMessage } from './parse-message.js';
import { TensorReader } from './tensor-reader.js';
import type { CollectOptions } from './tensor-stream.js';
import { collectParts, declareTensors, streamParts } from './tensor-stream.js';

/** ForwardBackward, both ways. The header names the loss; the tensors are exactly those that this loss uses. */
const REQUEST = 'message majlis.v1.ForwardBackwardRequest';

const RATIO_TO_WIRE: Readonly<Record<PpoLossConfig['ratio'], WireRatioKind>> = {
  token: WireRatioKind.TOKEN,
  sequence: WireRatioKind.SEQUENCE,
};

const KL_TO_WIRE: Readonly<Record<KlKind, WireKlKind>> = {
  k1: WireKlKind.K1,
  k2: WireKlKind.K2,
  k3: WireKlKind.K3,
};

const ppoMessage = message({
  epsLow: finite,
  epsHigh: finite,
  dualClip: finite.exactOptional(),
  ratio: enumeration(RATIO_TO_WIRE),
  entropyCoef: finite,
  kl: message({ kind: enumeration(KL_TO_WIRE), coef: finite }).exactOptional(),
});

const lossMessage = z.discriminatedUnion(
  '$case',
  [
    z.object({ $case: z.literal('crossEntropy'), value: message({}) }),
    z.object({ $case: z.literal('ppo'), value: ppoMessage }),
    z.object({ $case: z.literal('value'), value: message({ clip: finite.exactOptional() }) }),
    z.object({ $case: z.literal('bradleyTerry'), value: message({ centring: finite }) }),
    z.object({ $case: z.literal('dpo'), value: message({ beta: finite }) }),
  ],
  { error: 'one of cross_entropy, ppo, value, bradley_terry, dpo' },
);

const headerMessage = message({
  call: trainerCallMessage,
  modelId: identifier,
  step: count,
  micro: count,
  normalizer: finite,
  temperature: finite,
  loss: lossMessage,
});

const resultMessage = message({
  loss: computed,
  metrics: z.record(z.string(), message({ sum: computed, count: computed })),
});

/** The messages of one ForwardBackward call. */
export function forwardBackwardToParts(
  call: TrainerCall,
  request: ForwardBackwardRequest,
  chunkBytes?: number,
): Generator<wire.ForwardBackwardRequest> {
  const tensors = lossTensors(request.loss);
  const header: wire.ForwardBackwardHeader = {
    call: trainerCallToMessage(call),
    modelId: request.modelId,
    step: request.step,
    micro: request.micro,
    normalizer: request.normalizer,
    temperature: request.loss.batch.temperature,
    loss: lossToMessage(request.loss),
    tensors: declareTensors(tensors),
  };
  return streamParts(header, tensors, chunkBytes);
}

/** Reads the messages of one ForwardBackward call. */
export async function forwardBackwardFromParts(
  parts: AsyncIterable<wire.ForwardBackwardRequest>,
  options?: Omit<CollectOptions, 'source'>,
): Promise<{ readonly call: TrainerCall; readonly request: ForwardBackwardRequest }> {
  const { header, tensors } = await collectParts(parts, { ...options, source: REQUEST });
  const { call, temperature, loss, ...named } = parseMessage(headerMessage, header, REQUEST);
  const reader = new TensorReader(tensors, REQUEST);
  const request = { ...named, loss: readLoss(loss, reader, temperature) };
  reader.finish();
  return { call, request };
}

/** Domain to wire. */
export function forwardBackwardResultToMessage(result: ForwardBackwardResult): wire.ForwardBackwardResponse {
  return { loss: result.loss, metrics: { ...result.metrics } };
}

/** Wire to domain. A loss that came out as NaN stays NaN; a missing one is a BadInputError. */
export function forwardBackwardResultFromMessage(
  response: wire.ForwardBackwardResponse | undefined,
): ForwardBackwardResult {
  return parseMessage(resultMessage, response, 'message majlis.v1.ForwardBackwardResponse');
}

function lossToMessage(loss: LossRequest): NonNullable<wire.ForwardBackwardHeader['loss']> {
  switch (loss.type) {
    case 'cross_entropy':
      return { $case: 'crossEntropy', value: {} };
    case 'ppo':
      return { $case: 'ppo', value: ppoToMessage(loss.config) };
    case 'value':
      return { $case: 'value', value: { clip: loss.config.clip } };
    case 'bradley_terry':
      return { $case: 'bradleyTerry', value: { centring: loss.config.centring } };
    case 'dpo':
      return { $case: 'dpo', value: { beta: loss.config.beta } };
  }
}

function ppoToMessage(config: PpoLossConfig): wire.PpoLoss {
  return {
    epsLow: config.epsLow,
    epsHigh: config.epsHigh,
    dualClip: config.dualClip,
    ratio: RATIO_TO_WIRE[config.ratio],
    entropyCoef: config.entropyCoef,
    kl: config.kl === undefined ? undefined : { kind: KL_TO_WIRE[config.kl.kind], coef: config.kl.coef },
  };
}

function readLoss(
  loss: z.output<typeof lossMessage>,
  reader: TensorReader,
  temperature: number,
): LossRequest {
  switch (loss.$case) {
    case 'crossEntropy':
      return { type: 'cross_entropy', batch: readTokenBatch(reader, temperature) };
    case 'ppo':
      return { type: 'ppo', batch: readPolicyBatch(reader, temperature), config: loss.value };
    case 'value':
      return { type: 'value', batch: readValueBatch(reader, temperature), config: loss.value };
    case 'bradleyTerry':
      return { type: 'bradley_terry', batch: readPairBatch(reader, temperature), config: loss.value };
    case 'dpo': {
      const batch = readPairBatch(reader, temperature);
      const referenceSums = reader.float32(TensorName.REFERENCE_SUMS, batch.offsets.length - 1);
      return { type: 'dpo', batch: { ...batch, referenceSums }, config: loss.value };
    }
  }
}
