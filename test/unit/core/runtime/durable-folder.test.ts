import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFolderDurably } from '../../../../core/runtime/durable-folder.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const files = (second: string): Map<string, Uint8Array> =>
  new Map([
    ['first', Buffer.from('same')],
    ['second', Buffer.from(second)],
  ]);

describe('a folder that is published once', () => {
  const folder = useTemporaryFolder();

  it('holds every file, with nothing unfinished beside it', async () => {
    await writeFolderDurably(join(folder(), 'deep', 'published'), files('one'));
    expect(readFileSync(join(folder(), 'deep', 'published', 'second'), 'utf8')).toBe('one');
    expect(readdirSync(join(folder(), 'deep'))).toEqual(['published']);
  });

  it('takes the same files again without a change', async () => {
    const directory = join(folder(), 'published');
    await writeFolderDurably(directory, files('one'));
    await writeFolderDurably(directory, files('one'));
    expect(readdirSync(folder())).toEqual(['published']);
  });

  it('refuses other contents in any file and keeps what it had', async () => {
    const directory = join(folder(), 'published');
    await writeFolderDurably(directory, files('one'));
    await expect(writeFolderDurably(directory, files('two'))).rejects.toMatchObject({
      code: 'already_exists',
      message: `${directory} already holds another second.`,
    });
    expect(readFileSync(join(directory, 'second'), 'utf8')).toBe('one');
    expect(readdirSync(folder())).toEqual(['published']);
  });

  it('passes on what stood in the way where that was no published folder', async () => {
    writeFileSync(join(folder(), 'file'), '');
    const write = writeFolderDurably(join(folder(), 'file'), files('one'));
    await expect(write).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
