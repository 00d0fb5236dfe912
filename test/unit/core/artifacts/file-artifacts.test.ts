import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileArtifacts } from '../../../../core/artifacts/file-artifacts.js';
import { sha256 } from '../../../../core/runtime/content-hash.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

describe('artifact files', () => {
  const folder = useTemporaryFolder();
  const pathOf = (hash: string): string => join(folder(), hash.slice(0, 2), hash);

  it('leave nothing behind but the object, however many put it at once', async () => {
    const stores = [new FileArtifacts(folder()), new FileArtifacts(folder())];
    await Promise.all(stores.map((store) => store.put(Buffer.from('weights'))));
    const hash = sha256('weights');
    expect(readdirSync(folder())).toEqual([hash.slice(0, 2)]);
    expect(readdirSync(join(folder(), hash.slice(0, 2)))).toEqual([hash]);
  });

  it('that were cut short are data_loss, in one sentence that names the file', async () => {
    const store = new FileArtifacts(folder());
    const hash = await store.put(Buffer.from('weights'));
    truncateSync(pathOf(hash), 3);
    await expect(store.get(hash)).rejects.toMatchObject({
      code: 'data_loss',
      message: `artifact ${hash} is damaged: ${pathOf(hash)} holds other bytes`,
    });
  });

  it('do not count an unfinished write as an object', async () => {
    const hash = sha256('weights');
    mkdirSync(join(folder(), hash.slice(0, 2)));
    writeFileSync(join(folder(), hash.slice(0, 2), `.${hash}.1.unfinished`), 'wei');
    expect(await new FileArtifacts(folder()).has(hash)).toBe(false);
  });

  it('refuse a folder whose name belongs to a file, naming it', async () => {
    const taken = join(folder(), 'taken');
    writeFileSync(taken, '');
    await expect(new FileArtifacts(taken).put(Buffer.from('a'))).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining(taken),
    });
  });
});
