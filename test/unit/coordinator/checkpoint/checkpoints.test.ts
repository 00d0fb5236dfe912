import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseInput } from '../../../../core/config/parse-input.js';
import { runConfigSchema } from '../../../../core/config/run-config.js';
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

  it.each([
    [0, 'at least 1'],
    ['some', 'a whole number from 1, or all'],
  ])('are never kept %s times', (keep, allowed) => {
    const parse = (): unknown =>
      parseInput(runConfigSchema.shape.checkpoints, { keep }, { source: 'run.yaml' });
    expect(parse).toThrow(`run.yaml at keep: found ${JSON.stringify(keep)}; allowed: ${allowed}`);
  });
});
