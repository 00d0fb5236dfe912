import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactStore } from '../../core/artifacts/artifact-store.js';
import { collectArtifacts } from '../../core/artifacts/collect-artifacts.js';
import type { CollectableStore } from '../../core/artifacts/collectable-store.js';
import { fetchDirectory, publishDirectory } from '../../core/artifacts/directory-artifact.js';
import { sha256 } from '../../core/runtime/content-hash.js';

/** The promises of a `CollectableStore`, for every adapter whose test supplies an empty one. */
export function describeCollectableStore(
  name: string,
  make: () => Promise<ArtifactStore & CollectableStore>,
): void {
  describe(`${name} keeps the promises of a store that can be collected:`, () => {
    let store: ArtifactStore & CollectableStore;
    let folder: string;

    beforeEach(async () => {
      store = await make();
      folder = mkdtempSync(join(tmpdir(), 'majlis-test-'));
    });

    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    async function listed(): Promise<{ sha256: string; bytes: number; changedAtMs: number }[]> {
      const artifacts = [];
      for await (const artifact of store.list()) artifacts.push(artifact);
      return artifacts.sort((a, b) => a.bytes - b.bytes);
    }

    it('lists what it holds with its length and the time of the put', async () => {
      expect(await listed()).toEqual([]);
      for (const text of ['a', 'bb', 'ccc']) await store.put(Buffer.from(text));
      const found = await listed();
      expect(found.map(({ sha256: key, bytes }) => [key, bytes])).toEqual([
        [sha256('a'), 1],
        [sha256('bb'), 2],
        [sha256('ccc'), 3],
      ]);
      for (const { changedAtMs } of found) expect(Math.abs(changedAtMs - Date.now())).toBeLessThan(60_000);
    });

    it('removes one artifact, which may then be put again, and takes none that it has not for a failure', async () => {
      const [first, second] = [await store.put(Buffer.from('first')), await store.put(Buffer.from('second'))];
      await store.remove(first);
      await store.remove(first);
      expect([await store.has(first), await store.has(second)]).toEqual([false, true]);
      await store.put(Buffer.from('first'));
      expect(Buffer.from(await store.get(first)).toString()).toBe('first');
      await expect(store.remove('../first')).rejects.toMatchObject({ code: 'invalid_argument' });
    });

    it('keeps a directory that is named, whole, and loses another', async () => {
      const publish = (weights: string): Promise<string> => {
        const directory = join(folder, weights);
        mkdirSync(directory);
        writeFileSync(join(directory, 'model.safetensors'), weights);
        writeFileSync(join(directory, 'config.json'), '{}');
        return publishDirectory(store, directory, { partBytes: 3 });
      };
      const [kept, gone] = [await publish('kept weights'), await publish('other weights')];
      const isNamed = (key: string): boolean => key === sha256('kept weights');
      const everything = Date.now() + 3_600_000;
      await collectArtifacts(store, { isNamed, changedBeforeMs: everything, dryRun: false });
      expect(await store.has(gone)).toBe(false);
      // The manifest, four parts of weights and one of the configuration.
      expect(await listed()).toHaveLength(6);
      await fetchDirectory(store, kept, join(folder, 'fetched'), new AbortController().signal);
    });
  });
}
