import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { makeFolderDurably } from '../../../../core/runtime/durable-file.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

describe('a folder that is made durably', () => {
  const folder = useTemporaryFolder();

  it.each(['w', 'deep/er', '.'])('may be named from where the process is, also shortly: %s', async (name) => {
    const here = process.cwd();
    process.chdir(folder());
    try {
      await makeFolderDurably(name);
    } finally {
      process.chdir(here);
    }
    expect(existsSync(join(folder(), name))).toBe(true);
    expect(relative(here, process.cwd())).toBe('');
  });
});
