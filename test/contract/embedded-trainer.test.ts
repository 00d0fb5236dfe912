import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialWeights } from '../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../core/network/model-directory/write-model-directory.js';
import { EmbeddedTrainer } from '../../core/trainer/embedded-trainer.js';
import { describeTrainer } from './trainer.contract.js';

describeTrainer('embedded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'majlis-trainer-'));
  const config = { vocabSize: 24, contextLength: 16, layers: 2, width: 16, heads: 2 };
  const base = join(folder, 'base');
  await writeModelDirectory({ directory: base, config, weights: initialWeights(config, 3) });
  const trainer = EmbeddedTrainer.create({ threads: 2 });
  return {
    trainer,
    base,
    vocabSize: config.vocabSize,
    folder,
    close: async () => {
      await trainer.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
