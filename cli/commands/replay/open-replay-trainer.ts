import { z } from 'zod';
import { trainerChoiceSchema } from '../../../core/config/compute-options.js';
import { isOwnModel, modelSchema } from '../../../core/config/model-options.js';
import { parseJson } from '../../../core/config/parse-json.js';
import type { Run } from '../../../core/domain/run.js';
import { BadInputError } from '../../../core/errors.js';
import { EmbeddedTrainer } from '../../../core/trainer/embedded-trainer.js';
import { GrpcTrainer } from '../../../core/trainer/grpc-trainer.js';
import { withLora } from '../../../core/trainer/lora-trainer.js';
import type { Trainer } from '../../../core/trainer/trainer.js';

const TRAINER_THREADS = 2;

const configSchema = z.object({
  trainer: trainerChoiceSchema.exactOptional(),
  model: modelSchema.prefault({}),
});

/** A trainer like the one that a run had: this process's own, or one that a person has started. */
export async function openReplayTrainer(run: Run, address: string | undefined): Promise<Trainer> {
  const { trainer: choice, model } = parseJson(run.config, configSchema, {
    source: `config of run ${run.id}`,
  });
  if (choice === undefined) {
    if (address === undefined) return EmbeddedTrainer.create({ threads: TRAINER_THREADS });
    const allowed = `no such flag: run ${run.id} trained in its own process`;
    throw new BadInputError({ source: '--trainer', found: address, allowed });
  }
  const known = address ?? choice.torch.address;
  if (known === undefined) {
    const allowed = '--trainer HOST:PORT of a trainer like the one that it had (majlis trainer torch)';
    throw new BadInputError({ source: `run ${run.id}`, found: 'a trainer in another process', allowed });
  }
  const trainer = await GrpcTrainer.connect({ address: known });
  return isOwnModel(model) || model.lora === undefined ? trainer : withLora(trainer, model.lora);
}
