import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTorchProcess } from '../../../cli/commands/trainer/torch-process.js';
import type { TorchProcess } from '../../../cli/commands/trainer/torch-process.js';
import { EmbeddedEngine } from '../../../core/engine/embedded-engine.js';
import { createRng } from '../../../core/math/rng.js';
import { initialWeights } from '../../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../../core/network/model-directory/write-model-directory.js';
import { GrpcTrainer } from '../../../core/trainer/grpc-trainer.js';
import { scored } from '../../support/fake-scorer.js';
import { LoopRig } from '../../support/loop-rig.js';
import { describeWithPython, interpreter } from '../../support/python.js';
import { finishedRun } from '../loop/finished-run.js';

const MODEL = { vocabSize: 16, contextLength: 24, layers: 1, width: 16, heads: 2 };
const PATIENCE_MS = 60_000;

describeWithPython('a run whose PyTorch trainer is killed', () => {
  let folder: string;
  let base: string;
  let engine: EmbeddedEngine;
  let torch: TorchProcess;
  let policies: readonly string[];

  const played = async (
    name: string,
    arrange: (trainer: GrpcTrainer) => void = () => undefined,
  ): Promise<LoopRig> => {
    const trainer = await GrpcTrainer.connect({ address: torch.address, patienceMs: PATIENCE_MS });
    arrange(trainer);
    const rig = new LoopRig({
      run: name,
      algorithm: {
        iterations: 4,
        sequencesPerMicroBatch: 8,
        policyLearningRate: 2e-3,
        criticLearningRate: 5e-3,
        kl: { initial: 0.2, target: 1, horizon: 100 },
      },
      scoreAnswer: (tokenIds) => scored(tokenIds.filter((id) => id < 6).length),
      checkpoints: { directory: join(folder, name, 'checkpoints'), every: 2, keep: 1 },
      stack: { trainer, engines: [engine], baseModel: base, policyDirectory: join(folder, name, 'policies') },
    });
    try {
      await rig.play();
      return rig;
    } finally {
      await trainer.close();
    }
  };
  const hashesOf = async (rig: LoopRig): Promise<string[]> =>
    (await finishedRun(rig)).policies.map(({ hash }) => hash);
  /** SIGKILL, and a new process on the same port while the run goes on. */
  const killed = async (): Promise<void> => {
    const port = Number(torch.address.split(':')[1]);
    process.kill(torch.pid ?? 0, 'SIGKILL');
    await torch.ended;
    torch = await startTorchProcess({ python: interpreter, model: base, port });
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'majlis-killed-torch-'));
    base = join(folder, 'base');
    const rng = createRng(5);
    const weights = [...initialWeights(MODEL, 3)].map(
      ([name, values]) => [name, values.map((value) => value + 0.15 * rng.normal())] as const,
    );
    await writeModelDirectory({ directory: base, config: MODEL, weights: new Map(weights) });
    engine = await EmbeddedEngine.open();
    torch = await startTorchProcess({ python: interpreter, model: base });
    policies = await hashesOf(await played('calm'));
    expect(new Set(policies).size).toBe(4);
  }, 120_000);
  afterAll(async () => {
    await engine.close();
    await torch.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('between ForwardBackward and OptimStep ends in the same policies', async () => {
    const rig = await played('between', (trainer) => {
      let steps = 0;
      const optimStep = trainer.optimStep.bind(trainer);
      trainer.optimStep = async (...request) => {
        steps += 1;
        if (steps === 13) await killed();
        return optimStep(...request);
      };
    });
    expect(rig.alarms).toMatchObject([{ kind: 'trainer_lost' }]);
    expect(await hashesOf(rig)).toEqual(policies);
  }, 120_000);

  it('after OptimStep and before its reply ends in the same policies', async () => {
    const rig = await played('after', (trainer) => {
      let steps = 0;
      const optimStep = trainer.optimStep.bind(trainer);
      trainer.optimStep = async (...request) => {
        const done = await optimStep(...request);
        steps += 1;
        if (steps !== 13) return done;
        // The reply is lost: the client asks again, of whoever is there.
        await killed();
        return optimStep(...request);
      };
    });
    expect(rig.alarms).toMatchObject([{ kind: 'trainer_lost' }]);
    expect(await hashesOf(rig)).toEqual(policies);
  }, 120_000);

  it('during a checkpoint ends in the same policies', async () => {
    const rig = await played('checkpoint', (trainer) => {
      const saveCheckpoint = trainer.saveCheckpoint.bind(trainer);
      trainer.saveCheckpoint = async (...request) => {
        const saving = saveCheckpoint(...request);
        trainer.saveCheckpoint = saveCheckpoint;
        const [saved] = await Promise.allSettled([saving, killed()]);
        if (saved.status === 'rejected') throw saved.reason;
        // It was written in time; the process is another, and the next call finds that.
        return saved.value;
      };
    });
    expect(rig.alarms).toMatchObject([{ kind: 'trainer_lost' }]);
    expect(await hashesOf(rig)).toEqual(policies);
  }, 120_000);
});
