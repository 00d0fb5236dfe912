import { EmbeddedTrainer } from '../../core/trainer/embedded-trainer.js';
import { trainerRewardHarness } from '../support/trainer-reward-harness.js';
import { describeStoredRewardModel } from './reward-model.contract.js';

describeStoredRewardModel('the model in a trainer', async () => {
  const trainer = EmbeddedTrainer.create({ threads: 2 });
  const harness = await trainerRewardHarness(trainer);
  return {
    ...harness,
    close: async () => {
      await harness.close();
      await trainer.close();
    },
  };
});
