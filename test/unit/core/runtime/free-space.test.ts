import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { systemFreeSpace } from '../../../../core/runtime/free-space.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

describe('systemFreeSpace', () => {
  const folder = useTemporaryFolder();

  it('says what df says is available', async () => {
    const [, line] = execFileSync('df', ['-Pk', folder()], { encoding: 'utf8' }).split('\n');
    const available = Number(line.trim().split(/\s+/)[3]) * 1024;
    const free = await systemFreeSpace.freeBytes(folder());
    // Others write to the volume between the two questions.
    expect(Math.abs(free - available)).toBeLessThan(0.01 * available + 2 ** 28);
  });

  it('refuses a path that no volume holds, by its name', async () => {
    const nowhere = join(folder(), 'nowhere');
    await expect(systemFreeSpace.freeBytes(nowhere)).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining(nowhere) as string,
    });
  });
});
