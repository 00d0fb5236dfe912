import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseInput } from '../../../../core/config/parse-input.js';
import { runConfigSchema } from '../../../../core/config/run-config.js';
import { DEFAULT_ALGORITHM } from '../../../../coordinator/algorithm-options.js';
import { Checkpoints } from '../../../../coordinator/checkpoint/checkpoints.js';
import { createRunModels } from '../../../../coordinator/models/run-models.js';
import { MemoryLedger } from '../../../../core/ledger/memory-ledger.js';
import { LoopRig } from '../../../support/loop-rig.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

describe('the checkpoints of a run', () => {
  const folder = useTemporaryFolder();

  async function kept(keep: number | 'all'): Promise<number[]> {
    mkdirSync(join(folder(), 'left by an interrupted save'));
    const checkpoints = { directory: folder(), every: 2, keep };
    const rig = new LoopRig({ algorithm: { iterations: 6 }, checkpoints });
    jest.spyOn(rig.trainer, 'saveCheckpoint').mockResolvedValue({ sha256: 'saved', bytes: 1, step: 0 });
    await rig.play();
    expect(readdirSync(folder())).not.toContain('left by an interrupted save');
    return (await rig.ledger.checkpoints(rig.run)).map(({ iteration }) => iteration);
  }

  it.each([
    [1, [6]],
    [2, [4, 6]],
    [9, [2, 4, 6]],
    ['all', [2, 4, 6]],
  ] as const)('are kept, the newest first: %s', async (keep, iterations) => {
    expect(await kept(keep)).toEqual(iterations);
  });

  async function filed(directory: string, names: readonly string[]): Promise<Checkpoints> {
    const rig = new LoopRig();
    await rig.create();
    const policyVersion = { version: 0, hash: 'p', location: 'policies/0' };
    const end = { consumed: [], policy: { ...policyVersion, rubricHash: 'r' } };
    const record = { policyVersion: 0, rubricHash: 'r', rewardModelHash: 'm', inputsHash: 'i', metrics: {} };
    for (const [iteration, name] of names.entries()) {
      const policy = { directory: join(directory, name, 'policy'), sha256: 's', step: 0 };
      const klController = { kind: 'fixed', coef: 0 } as const;
      const place = { iteration: iteration + 1, policyVersion, rubricHash: 'r', policyHeldUntil: 0 };
      await rig.ledger.completeIteration(rig.run, {
        ...end,
        record: { ...record, iteration, controlSequence: 0 },
        checkpoint: { ...place, klController, rngSeed: 1, policy },
      });
      mkdirSync(join(folder(), name));
    }
    const models = await createRunModels(
      rig.trainer,
      { run: rig.run, epoch: 1 },
      { base: 'base', seed: 1, algorithm: DEFAULT_ALGORITHM },
    );
    const place = { directory: folder(), every: 1, keep: 2, rngSeed: 1 };
    return new Checkpoints({ run: rig.run, epoch: 1, models, ledger: rig.ledger, ...place });
  }

  it('are told from what is left over by their names, whatever the workspace is called now', async () => {
    const checkpoints = await filed('another/name', ['000001-epoch-1', '000002-epoch-1', '000003-epoch-2']);
    mkdirSync(join(folder(), '000003-epoch-1'));
    await checkpoints.prune();
    expect(readdirSync(folder()).sort()).toEqual(['000002-epoch-1', '000003-epoch-2']);
  });

  it('are forgotten by the ledger before their files are removed', async () => {
    const checkpoints = await filed(folder(), ['000001-epoch-1', '000002-epoch-1', '000003-epoch-1']);
    const forgetting = jest
      .spyOn(MemoryLedger.prototype, 'forgetCheckpoints')
      .mockImplementationOnce(async (_run, iterations) => {
        expect(iterations).toEqual([1]);
        throw new Error('the disk is gone');
      });
    await expect(checkpoints.prune()).rejects.toThrow('the disk is gone');
    expect(forgetting).toHaveBeenCalledTimes(1);
    expect(readdirSync(folder())).toHaveLength(3);
  });

  it.each([
    [0, 'at least 1'],
    ['some', 'a whole number from 1, or all'],
  ])('are never kept %s times', (keep, allowed) => {
    const parse = (): unknown =>
      parseInput(runConfigSchema.shape.checkpoints, { keep }, { source: 'run.yaml' });
    expect(parse).toThrow(`run.yaml at keep: found ${JSON.stringify(keep)}; allowed: ${allowed}`);
  });
});
