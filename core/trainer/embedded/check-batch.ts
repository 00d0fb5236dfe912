import { BadInputError } from '../../errors.js';
import type { GptConfig } from '../../network/gpt/gpt-config.js';
import type { LossRequest, PairBatch, TokenBatch } from '../trainer.js';
import { pairHeads } from './losses/pair-likelihood.js';
import type { ModelShape } from './model-graph.js';

function refuse(place: string, found: string, allowed: string): never {
  throw new BadInputError({ source: 'trainer request', place, found, allowed });
}

/** Refuses a batch that does not fit itself or the model. */
export function checkBatch(batch: TokenBatch, config: GptConfig): void {
  const { tokenIds, offsets, weights, temperature } = batch;
  if (offsets.length < 2 || offsets[0] !== 0 || offsets[offsets.length - 1] !== tokenIds.length) {
    refuse(
      'batch.offsets',
      `[${offsets.join()}]`.slice(0, 80),
      `0 … ${tokenIds.length}, one more than sequences`,
    );
  }
  for (let sequence = 0; sequence + 1 < offsets.length; sequence += 1) {
    const length = offsets[sequence + 1] - offsets[sequence];
    if (length < 1 || length > config.contextLength) {
      refuse(
        `batch.offsets[${sequence}]`,
        `a sequence of ${length} tokens`,
        `1 to ${config.contextLength} tokens`,
      );
    }
  }
  const stranger = tokenIds.findIndex((id) => id < 0 || id >= config.vocabSize);
  if (stranger >= 0) {
    refuse(`batch.tokenIds[${stranger}]`, String(tokenIds[stranger]), `0 to ${config.vocabSize - 1}`);
  }
  checkLength('batch.weights', weights, tokenIds.length);
  for (const first of offsets.subarray(0, -1)) {
    if (weights[first] !== 0) {
      refuse(`batch.weights[${first}]`, String(weights[first]), '0, since nothing predicts a first token');
    }
  }
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    refuse('batch.temperature', String(temperature), 'a finite number above 0');
  }
}

/** Refuses a loss whose tensors or settings do not fit the batch or the model. */
export function checkLoss(loss: LossRequest, shape: ModelShape, normalizer: number): void {
  checkBatch(loss.batch, shape.config);
  if (!(normalizer > 0 && Number.isFinite(normalizer))) {
    refuse('normalizer', String(normalizer), 'a finite number above 0');
  }
  const needsScores = loss.type === 'value' || loss.type === 'bradley_terry';
  if (needsScores !== shape.scoreHeads > 0) {
    refuse('loss.type', loss.type, needsScores ? 'a model with score heads' : 'a language model');
  }
  switch (loss.type) {
    case 'cross_entropy':
      return;
    case 'ppo':
      checkPolicyLoss(loss);
      return;
    case 'value': {
      const { batch, config } = loss;
      checkLength('batch.oldValues', batch.oldValues, batch.tokenIds.length);
      checkLength('batch.returns', batch.returns, batch.tokenIds.length);
      if (shape.scoreHeads !== 1) refuse('loss.type', `value on ${shape.scoreHeads} heads`, '1 head');
      if (config.clip !== undefined && !(config.clip > 0)) {
        refuse('config.clip', String(config.clip), 'a number above 0');
      }
      return;
    }
    case 'bradley_terry':
      checkPairs(loss.batch, shape.scoreHeads);
      return;
    case 'dpo':
      checkPairs(loss.batch, 1);
      checkLength('batch.referenceSums', loss.batch.referenceSums, loss.batch.offsets.length - 1);
  }
}

function checkPolicyLoss({ batch, config }: Extract<LossRequest, { type: 'ppo' }>): void {
  checkLength('batch.advantages', batch.advantages, batch.tokenIds.length);
  checkLength('batch.oldLogProbs', batch.oldLogProbs, batch.tokenIds.length);
  if (config.kl !== undefined) {
    checkLength('batch.referenceLogProbs', batch.referenceLogProbs ?? [], batch.tokenIds.length);
  }
  if (!(config.epsLow >= 0 && config.epsLow <= 1)) refuse('config.epsLow', String(config.epsLow), '0 to 1');
  if (!(config.epsHigh > 0)) refuse('config.epsHigh', String(config.epsHigh), 'a number above 0');
  if (config.dualClip !== undefined && !(config.dualClip > 1)) {
    refuse('config.dualClip', String(config.dualClip), 'a number above 1');
  }
}

function checkPairs(batch: PairBatch, heads: number): void {
  const pairs = batch.labels.length;
  const sequences = batch.offsets.length - 1;
  if (pairs === 0) refuse('batch.labels', 'no pairs', 'at least one pair');
  for (const place of ['first', 'second'] as const) {
    checkLength(`batch.${place}`, batch[place], pairs);
    const wrong = batch[place].find((sequence) => sequence < 0 || sequence >= sequences);
    if (wrong !== undefined) refuse(`batch.${place}`, String(wrong), `0 to ${sequences - 1}`);
  }
  if (pairHeads(batch) !== heads) {
    refuse('batch.pairWeights', `${batch.pairWeights.length} weights`, `${pairs} pairs × ${heads} heads`);
  }
  if (batch.margins !== undefined) checkLength('batch.margins', batch.margins, pairs);
  if (batch.logitOffsets !== undefined) checkLength('batch.logitOffsets', batch.logitOffsets, pairs);
  const label = batch.labels.find((probability) => !(probability >= 0 && probability <= 1));
  if (label !== undefined) refuse('batch.labels', String(label), '0 to 1');
}

function checkLength(place: string, values: ArrayLike<number>, length: number): void {
  if (values.length !== length) refuse(place, `${values.length} entries`, `${length} entries`);
}
