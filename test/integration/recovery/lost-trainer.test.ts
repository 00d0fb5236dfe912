import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckpointRequest, PublishRequest, Trainer } from '../../../core/trainer/trainer.js';
import { FakeEngine } from '../../support/fake-engine.js';
import { FakeTrainer } from '../../support/fake-trainer.js';
import type { SavedFakeModels } from '../../support/fake-trainer.js';
import { LoopRig } from '../../support/loop-rig.js';
import { MortalTrainer } from '../../support/mortal-trainer.js';
import type { Fate } from '../../support/mortal-trainer.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';
import type { PublishedModels } from '../../support/unigram-model.js';
import { finishedRun } from '../loop/finished-run.js';
import type { FinishedRun } from '../loop/finished-run.js';

const ITERATIONS = 5;

/** A fake trainer whose folders are on disk too, where whoever brings models back looks for them. */
class FolderTrainer extends FakeTrainer {
  override publishWeights(
    ...[call, request]: Parameters<Trainer['publishWeights']>
  ): ReturnType<Trainer['publishWeights']> {
    return super.publishWeights(call, made(request));
  }

  override saveCheckpoint(
    ...[call, request]: Parameters<Trainer['saveCheckpoint']>
  ): ReturnType<Trainer['saveCheckpoint']> {
    return super.saveCheckpoint(call, made(request));
  }
}

interface Stage {
  readonly rig: LoopRig;
  readonly trainer: MortalTrainer;
}

/** A run with a critic, a moving β, a checkpoint every other iteration, and a rollback on its way. */
async function staged(folder: string, fate: (name: string, at: number) => Fate): Promise<Stage> {
  const published: PublishedModels = new Map();
  const saved: SavedFakeModels = new Map();
  const trainer = new MortalTrainer(() => new FolderTrainer({ vocabSize: 8, published, saved }), fate);
  const rig = new LoopRig({
    algorithm: {
      iterations: ITERATIONS,
      sequencesPerMicroBatch: 8,
      kl: { initial: 0.2, target: 6, horizon: 160 },
    },
    checkpoints: { directory: join(folder, 'checkpoints'), every: 2, keep: 2 },
    stack: {
      trainer,
      engines: [new FakeEngine(published)],
      baseModel: 'base',
      policyDirectory: join(folder, 'policies'),
    },
  });
  await rig.create();
  await rig.ledger.setRunState(rig.run, 'running');
  const back = { kind: 'roll_back', to: { policyVersion: 1 }, iteration: 3 } as const;
  await rig.ledger.requestControl(rig.run, back);
  return { rig, trainer };
}

describe('a run whose trainer is started again', () => {
  const folder = useTemporaryFolder();
  let places = 0;
  const fresh = (): string => join(folder(), String((places += 1)));

  it('ends as if it had not been, whichever call the trainer dies before or after', async () => {
    const calm = await staged(fresh(), () => undefined);
    await calm.rig.play();
    const expected = withoutFolders(await finishedRun(calm.rig));
    expect(new Set(expected.policies.map(({ hash }) => hash)).size).toBeGreaterThan(3);
    const first = calm.trainer.calls.indexOf('publishWeights');
    const failed: string[] = [];
    for (let at = first; at < calm.trainer.calls.length; at += 1) {
      for (const fate of ['before', 'after'] as const) {
        const { rig, trainer } = await staged(fresh(), (_, call) => (call === at ? fate : undefined));
        await rig.play();
        expect(trainer.deaths).toBe(1);
        expect(rig.alarms.map(({ kind }) => kind)).toEqual(['trainer_lost']);
        const found = withoutFolders(await finishedRun(rig));
        if (JSON.stringify(found) !== JSON.stringify(expected)) {
          failed.push(`${fate} ${calm.trainer.calls[at]} ${at}`);
        }
      }
    }
    expect(failed).toEqual([]);
    expect(calm.trainer.calls.length).toBeGreaterThan(60);
  }, 60_000);

  it('survives a second death while its models are brought back', async () => {
    const calm = await staged(fresh(), () => undefined);
    await calm.rig.play();
    const at = calm.trainer.calls.lastIndexOf('optimStep');
    const { rig, trainer } = await staged(fresh(), (_, call) =>
      call === at ? 'after' : call === at + 6 ? 'before' : undefined,
    );
    await rig.play();
    expect(trainer.deaths).toBe(2);
    expect(withoutFolders(await finishedRun(rig))).toEqual(withoutFolders(await finishedRun(calm.rig)));
  });

  it('stops where the trainer that came back computes something else', async () => {
    let published = 0;
    const { rig, trainer } = await staged(fresh(), (name) => {
      if (name === 'publishWeights') published += 1;
      return name === 'publishWeights' && published === 3 ? 'before' : undefined;
    });
    const { optimStep } = FakeTrainer.prototype;
    jest.spyOn(FakeTrainer.prototype, 'optimStep').mockImplementation(function (
      this: FakeTrainer,
      call,
      request,
    ) {
      const learningRate = request.learningRate * (trainer.deaths === 0 ? 1 : 1.01);
      return optimStep.call(this, call, { ...request, learningRate });
    });
    try {
      await expect(rig.play()).rejects.toMatchObject({
        code: 'data_loss',
        message: expect.stringContaining('computes other numbers'),
      });
    } finally {
      jest.restoreAllMocks();
    }
  });

  it('pauses where the trainer stays away, and goes on where it stood once it is resumed', async () => {
    const calm = await staged(fresh(), () => undefined);
    await calm.rig.play();
    let isAway = false;
    const { rig } = await staged(fresh(), (_, at) => {
      if (at === 50) isAway = true;
      return isAway ? 'away' : undefined;
    });
    const playing = rig.play();
    await rig.reached('paused');
    expect((await rig.ledger.getRun(rig.run))?.reason).toBe(
      `No trainer listens there. Start the trainer again at its address, then \`majlis resume ${rig.run}\`: the run goes on where it stands.`,
    );
    isAway = false;
    await rig.ledger.requestControl(rig.run, { kind: 'resume' });
    await playing;
    const policies = ({ policies: all }: FinishedRun): unknown => all.map(({ hash }) => hash);
    expect(policies(await finishedRun(rig))).toEqual(policies(await finishedRun(calm.rig)));
  });

  it('can be cancelled while its trainer is away', async () => {
    const { rig } = await staged(fresh(), (_, at) => (at >= 50 ? 'away' : undefined));
    const playing = rig.play();
    await rig.reached('paused');
    await rig.ledger.requestControl(rig.run, { kind: 'cancel' });
    expect((await playing).state).toBe('cancelled');
  });
});

function made<Request extends PublishRequest | CheckpointRequest>(request: Request): Request {
  mkdirSync(request.directory, { recursive: true });
  return request;
}

function withoutFolders(run: FinishedRun): FinishedRun {
  return {
    ...run,
    policies: run.policies.map((policy) => ({ ...policy, location: '' })),
    checkpoints: run.checkpoints.map((one) => ({
      ...one,
      policyVersion: { ...one.policyVersion, location: '' },
    })),
  };
}
