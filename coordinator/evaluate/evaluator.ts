import { MajlisError } from '../../core/errors.js';
import type { ForwardRequest } from '../../core/trainer/trainer.js';
import type { RolloutBatch } from '../dispatch/rollout-batch.js';
import type { RunModels } from '../models/run-models.js';
import type { TrainedModel } from '../models/trained-model.js';
import { together } from '../together.js';
import { packBatch } from './pack-batch.js';
import type { PackedBatch } from './pack-batch.js';

/** What the trainer's models say of a batch before it is learned from. Arrays follow the batch's packing. [token] */
export interface Estimates {
  readonly packed: PackedBatch;
  /** Under the weights that the update starts from. */
  readonly oldLogProbs: Float32Array;
  readonly referenceLogProbs: Float32Array;
  /** The critic's, where there is one. */
  readonly values?: Float32Array;
}

/** Asks the run's models about a batch, side by side, in one packing. */
export class Evaluator {
  constructor(private readonly models: RunModels) {}

  async evaluate(rollouts: RolloutBatch): Promise<Estimates> {
    return this.estimate(packBatch(rollouts));
  }

  /** The same of answers that are packed already. */
  async estimate(packed: PackedBatch): Promise<Estimates> {
    const { policy, reference, critic } = this.models;
    const [oldLogProbs, referenceLogProbs, values] = await together([
      wanted(policy, packed, 'log_probs'),
      wanted(reference, packed, 'log_probs'),
      critic === undefined ? undefined : wanted(critic, packed, 'values'),
    ]);
    return { packed, oldLogProbs, referenceLogProbs, ...(values === undefined ? {} : { values }) };
  }
}

async function wanted(
  model: TrainedModel,
  packed: PackedBatch,
  want: 'log_probs' | 'values',
): Promise<Float32Array> {
  const request: Omit<ForwardRequest, 'modelId'> = { batch: packed.batch, want: [want] };
  const result = await model.forward(request);
  const array = want === 'values' ? result.values : result.logProbs;
  if (array?.length !== packed.batch.tokenIds.length) {
    throw new MajlisError(
      `model ${model.id} answered ${array?.length ?? 'no'} ${want} for ${packed.batch.tokenIds.length} tokens`,
      { code: 'data_loss' },
    );
  }
  return array;
}
