import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchDirectory } from '../../../../core/artifacts/directory-artifact.js';
import { FileArtifacts } from '../../../../core/artifacts/file-artifacts.js';
import { PublishedDirectories } from '../../../../core/artifacts/published-directories.js';
import { MajlisError } from '../../../../core/errors.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

describe('directories that are published one after the other', () => {
  const folder = useTemporaryFolder();
  const never = new AbortController().signal;

  const open = (store: FileArtifacts, failures: string[] = []): PublishedDirectories =>
    new PublishedDirectories({ store, keep: 2, onFailure: ({ message }) => failures.push(message) });

  function policy(version: number): string {
    const directory = join(folder(), `policy-${version}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'model.safetensors'), `weights ${version}`);
    writeFileSync(join(directory, 'config.json'), '{}');
    return directory;
  }

  async function count(store: FileArtifacts): Promise<number> {
    const objects: string[] = [];
    for await (const { sha256 } of store.list()) objects.push(sha256);
    return objects.length;
  }

  it('stay while they are the newest, whole, and leave nothing of their own behind when they go', async () => {
    const store = new FileArtifacts(join(folder(), 'objects'));
    const published = open(store);
    const keys = await Promise.all([0, 1, 2, 3].map((version) => published.publish(policy(version))));
    expect(await Promise.all(keys.map((key) => store.has(key)))).toEqual([false, false, true, true]);
    // Two manifests, two weights, and the configuration that all have in common.
    expect(await count(store)).toBe(5);
    for (const key of keys.slice(2)) await fetchDirectory(store, key, join(folder(), key), never);
  });

  it('are new again when they are published again', async () => {
    const store = new FileArtifacts(join(folder(), 'objects'));
    const published = open(store);
    const [first, second] = [await published.publish(policy(0)), await published.publish(policy(1))];
    expect(await published.publish(policy(0))).toBe(first);
    await published.publish(policy(2));
    expect([await store.has(first), await store.has(second)]).toEqual([true, false]);
    await fetchDirectory(store, first, join(folder(), 'first'), never);
  });

  it('are published though an older one cannot be removed, which is told', async () => {
    const store = new FileArtifacts(join(folder(), 'objects'));
    store.remove = () => Promise.reject(new MajlisError('not allowed', { code: 'permission_denied' }));
    const failures: string[] = [];
    const published = open(store, failures);
    for (const version of [0, 1, 2]) await published.publish(policy(version));
    expect(failures).toEqual(['not allowed']);
  });

  it('do not hold up the next where one cannot be published', async () => {
    const published = open(new FileArtifacts(join(folder(), 'objects')));
    const absent = published.publish(join(folder(), 'absent'));
    const next = published.publish(policy(1));
    await expect(absent).rejects.toMatchObject({ code: 'failed_precondition' });
    expect(await next).toMatch(/^[0-9a-f]{64}$/);
  });
});
