import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTorchProcess, type TorchProcess } from '../../cli/commands/trainer/torch-process.js';
import { GrpcTrainer } from '../../core/trainer/grpc-trainer.js';
import { describeWithPython, interpreter } from '../support/python.js';
import { trainerRewardHarness, writeBrokenBase } from '../support/trainer-reward-harness.js';
import { describeServedTorch } from '../integration/reward-serving/served-torch.js';
import { describeStoredRewardModel } from './reward-model.contract.js';

describeWithPython('PyTorch over gRPC', () => {
  let folder: string;
  let torch: TorchProcess;
  let trainer: GrpcTrainer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'majlis-torch-reward-'));
    const model = join(folder, 'base');
    await writeBrokenBase(model);
    torch = await startTorchProcess({ python: interpreter, model, ranks: 1 });
    trainer = await GrpcTrainer.connect({ address: torch.address });
  });
  afterAll(async () => {
    await trainer.close();
    await torch.stop();
    await rm(folder, { recursive: true });
  });

  describeStoredRewardModel('the model in its trainer', () => trainerRewardHarness(trainer));

  describeServedTorch({
    trainer: () => trainer,
    address: () => torch.address,
    kill: async () => {
      process.kill(torch.pid ?? 0, 'SIGKILL');
      await torch.ended;
    },
    start: async () => {
      const port = Number(torch.address.split(':')[1]);
      torch = await startTorchProcess({ python: interpreter, model: join(folder, 'base'), port });
    },
  });
});
