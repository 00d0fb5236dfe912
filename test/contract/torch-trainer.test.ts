import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTorchProcess } from '../../cli/commands/trainer/torch-process.js';
import { initialWeights } from '../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../core/network/model-directory/write-model-directory.js';
import { GrpcTrainer } from '../../core/trainer/grpc-trainer.js';
import { describeWithPython, interpreter } from '../support/python.js';
import { describeTrainer } from './trainer.contract.js';

describeWithPython('PyTorch over gRPC', () => {
  describe.each([
    { title: 'one process', ranks: 1 },
    { title: 'two ranks', ranks: 2 },
  ])('in $title', ({ ranks }) => {
    describeTrainer('torch', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'majlis-torch-trainer-'));
      const config = { vocabSize: 24, contextLength: 16, layers: 2, width: 16, heads: 2 };
      const base = join(folder, 'base');
      await writeModelDirectory({ directory: base, config, weights: initialWeights(config, 3) });
      const torch = await startTorchProcess({ python: interpreter, model: base, ranks });
      const trainer = await GrpcTrainer.connect({ address: torch.address });
      return {
        trainer,
        base,
        vocabSize: config.vocabSize,
        folder,
        close: async () => {
          await trainer.close();
          await torch.stop();
          await rm(folder, { recursive: true, force: true });
        },
      };
    });
  });
});
