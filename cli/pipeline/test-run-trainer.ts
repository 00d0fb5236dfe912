import { isOwnModel } from '../../core/config/model-options.js';
import type { RunConfig } from '../../core/config/run-config.js';
import type { Trainer } from '../../core/trainer/trainer.js';
import { testTrainer } from '../../coordinator/self-test/test-trainer.js';
import type { BaseModel } from './supervised-checkpoint.js';

/** Tests a trainer in another process on the model that the run begins with; this process's own was tested when it was built. */
export async function testRunTrainer(
  { trainer: choice, model, sampling }: RunConfig,
  { trainer, run, base }: { readonly trainer: Trainer; readonly run: string; readonly base: BaseModel },
): Promise<void> {
  if (choice === undefined) return;
  await testTrainer({
    trainer,
    call: { run: `${run}-self-test`, epoch: 1 },
    base: base.directory,
    vocabulary: base.vocabulary,
    temperature: sampling.temperature,
    ...(isOwnModel(model) || model.lora === undefined ? {} : { lora: model.lora }),
  });
}
