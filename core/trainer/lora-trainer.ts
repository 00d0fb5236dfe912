import type { LoraSettings, ModelId, ModelSpec, Trainer, TrainerCall } from './trainer.js';

/** A trainer whose models are adapters, unless they are frozen or say otherwise. All else is the trainer's own. */
export function withLora(trainer: Trainer, lora: LoraSettings): Trainer {
  const createModel = (call: TrainerCall, spec: ModelSpec): Promise<ModelId> =>
    trainer.createModel(call, spec.role === 'reference' ? spec : { lora, ...spec });
  return {
    capabilities: () => trainer.capabilities(),
    createModel,
    forward: (...asked) => trainer.forward(...asked),
    forwardBackward: (...asked) => trainer.forwardBackward(...asked),
    optimStep: (...asked) => trainer.optimStep(...asked),
    publishWeights: (...asked) => trainer.publishWeights(...asked),
    saveCheckpoint: (...asked) => trainer.saveCheckpoint(...asked),
    loadCheckpoint: (...asked) => trainer.loadCheckpoint(...asked),
    deleteModel: (...asked) => trainer.deleteModel(...asked),
    close: () => trainer.close(),
  };
}
