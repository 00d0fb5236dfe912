import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectArtifacts } from '../../../../core/artifacts/collect-artifacts.js';
import { fetchDirectory, publishDirectory } from '../../../../core/artifacts/directory-artifact.js';
import { FileArtifacts } from '../../../../core/artifacts/file-artifacts.js';
import { sha256 } from '../../../../core/runtime/content-hash.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { flipBit } from '../../../support/flip-bit.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const OLD_MS = Date.UTC(2026, 0, 1);
const NOW_MS = Date.UTC(2026, 0, 3);

describe('the collection of artifacts', () => {
  const folder = useTemporaryFolder();
  let store: FileArtifacts;

  beforeEach(() => {
    store = new FileArtifacts(join(folder(), 'objects'), new FakeClock(NOW_MS));
  });

  const pathOf = (key: string): string => join(folder(), 'objects', key.slice(0, 2), key);
  const age = (key: string, atMs = OLD_MS): void => utimesSync(pathOf(key), atMs / 1000, atMs / 1000);
  const listed = async (): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { sha256: key } of store.list()) keys.push(key);
    return keys.sort();
  };

  /** A policy of one weights file in three parts, all of them old. */
  async function publish(name: string): Promise<{ readonly key: string; readonly weights: string }> {
    const directory = join(folder(), name);
    mkdirSync(directory);
    const weights = `${name} `.repeat(20).slice(0, 60);
    writeFileSync(join(directory, 'model.safetensors'), weights);
    writeFileSync(join(directory, 'config.json'), '{}');
    const key = await publishDirectory(store, directory, { partBytes: 25 });
    for (const stored of await listed()) age(stored);
    return { key, weights: sha256(weights) };
  }

  const collect = (named: readonly string[], dryRun = false) =>
    collectArtifacts(store, {
      isNamed: (key) => named.includes(key),
      changedBeforeMs: NOW_MS - 86_400_000,
      dryRun,
    });

  it('keeps a directory whose weights are named, with its parts, and removes the others', async () => {
    const [kept, gone] = [await publish('one'), await publish('other')];
    const before = await listed();
    const dry = await collect([kept.weights], true);
    expect(await listed()).toEqual(before);
    // Manifest and three parts of the weights; config.json is in both.
    expect(dry).toMatchObject({ artifacts: 4, kept: 5, young: 0, damaged: [] });
    expect(await collect([kept.weights])).toEqual(dry);
    expect(await listed()).toHaveLength(5);
    const into = await fetchDirectory(store, kept.key, join(folder(), 'into'), new AbortController().signal);
    expect(into).toBe(join(folder(), 'into'));
    expect(await store.has(gone.key)).toBe(false);
  });

  it('keeps a directory whose manifest is named', async () => {
    const { key } = await publish('one');
    expect(await collect([key])).toMatchObject({ artifacts: 0, kept: 5 });
  });

  it('keeps what is named itself, and removes what is not', async () => {
    const named = await store.put(Buffer.from('a payload'));
    const unnamed = await store.put(Buffer.from('an orphan'));
    age(named);
    age(unnamed);
    expect(await collect([named])).toMatchObject({ artifacts: 1, bytes: 9, kept: 1 });
    expect(await listed()).toEqual([named]);
  });

  it('keeps the parts of an upload whose manifest is still to come, and those of one that just came', async () => {
    const { key } = await publish('one');
    age(key, NOW_MS);
    const part = await store.put(Buffer.from('a part of what is being put'));
    age(part, NOW_MS - 3_600_000);
    expect(await collect([])).toMatchObject({ artifacts: 0, kept: 6, young: 2 });
  });

  it('keeps what was put again, however old it was', async () => {
    const key = await store.put(Buffer.from('wanted again'));
    age(key);
    await store.put(Buffer.from('wanted again'));
    expect(await collect([])).toMatchObject({ artifacts: 0, young: 1 });
  });

  it('leaves and names what is damaged', async () => {
    const key = await store.put(Buffer.from('once good'));
    flipBit(pathOf(key), 0);
    age(key);
    expect(await collect([])).toMatchObject({ artifacts: 0, damaged: [key] });
  });

  it('removes manifests before parts, so that no manifest is ever without them', async () => {
    const { key } = await publish('one');
    const removed: string[] = [];
    const stopping = {
      list: () => store.list(),
      get: (wanted: string) => store.get(wanted),
      remove: async (wanted: string) => void removed.push(wanted),
    };
    await collectArtifacts(stopping, { isNamed: () => false, changedBeforeMs: NOW_MS, dryRun: false });
    expect(removed[0]).toBe(key);
    expect(removed).toHaveLength(5);
  });

  it('finds nothing in a store that nobody has put anything into', async () => {
    expect(await collect([])).toEqual({ artifacts: 0, bytes: 0, kept: 0, young: 0, damaged: [] });
  });
});
