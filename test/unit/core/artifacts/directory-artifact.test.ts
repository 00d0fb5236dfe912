import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArtifactStore } from '../../../../core/artifacts/artifact-store.js';
import { fetchDirectory, publishDirectory } from '../../../../core/artifacts/directory-artifact.js';
import { readDirectoryManifest } from '../../../../core/artifacts/directory-manifest.js';
import { MemoryArtifacts } from '../../../../core/artifacts/memory-artifacts.js';
import { MajlisError } from '../../../../core/errors.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const PART = 100;
const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('a directory in an artifact store', () => {
  const folder = useTemporaryFolder();
  const never = new AbortController().signal;
  const weights = randomBytes(10 * PART + 7);
  let store: MemoryArtifacts;
  let source: string;

  beforeEach(() => {
    store = new MemoryArtifacts();
    source = join(folder(), 'source');
    mkdirSync(join(source, 'nested', 'deep'), { recursive: true });
    writeFileSync(join(source, 'model.safetensors'), weights);
    writeFileSync(join(source, 'config.json'), '{"model_type":"gpt2"}');
    writeFileSync(join(source, 'nested', 'deep', 'empty.txt'), '');
    writeFileSync(join(source, 'exact.bin'), randomBytes(2 * PART));
  });

  const publish = (): Promise<string> => publishDirectory(store, source, { partBytes: PART });
  const target = (): string => join(folder(), 'here', 'policy');
  const fetch = (key: string, from: Pick<ArtifactStore, 'get'> = store): Promise<string> =>
    fetchDirectory(from, key, target(), never);

  const contents = (directory: string): Record<string, string> =>
    Object.fromEntries(
      readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((path) => [path.slice(directory.length), sha256(readFileSync(path))]),
    );

  /** A store that counts, and in which some gets fail. */
  function watched(fail: (count: number) => MajlisError | undefined = () => undefined) {
    const asked: string[] = [];
    const get = async (key: string): Promise<Uint8Array> => {
      asked.push(key);
      const failure = fail(asked.length);
      if (failure !== undefined) throw failure;
      return store.get(key);
    };
    return { asked, get };
  }

  async function putManifest(files: readonly unknown[], partBytes = PART): Promise<string> {
    return store.put(Buffer.from(JSON.stringify({ kind: 'majlis.directory.v1', partBytes, files })));
  }

  it('comes back file by file, below folders and empty files too', async () => {
    expect(await fetch(await publish())).toBe(target());
    expect(contents(target())).toEqual(contents(source));
    expect(Object.keys(contents(target()))).toHaveLength(4);
    expect(readdirSync(join(folder(), 'here'))).toEqual(['policy']);
  });

  it('has a manifest that says the hash and length of each file, and its parts', async () => {
    const { files, partBytes } = await readDirectoryManifest(store, await publish());
    expect(partBytes).toBe(PART);
    expect(files.map(({ path, bytes, parts }) => [path, bytes, parts.length])).toEqual([
      ['config.json', 21, 1],
      ['exact.bin', 200, 2],
      ['model.safetensors', 1007, 11],
      ['nested/deep/empty.txt', 0, 0],
    ]);
    const model = files[2];
    expect(model?.sha256).toBe(sha256(weights));
    expect(model?.parts[10]).toBe(sha256(weights.subarray(1000)));
  });

  it('has one key wherever it is published, and another when one byte differs', async () => {
    const key = await publish();
    expect(await publishDirectory(new MemoryArtifacts(), source, { partBytes: PART })).toBe(key);
    writeFileSync(join(source, 'config.json'), '{"model_type":"gpt3"}');
    expect(await publish()).not.toBe(key);
  });

  it('follows links to files, as in the cache of a hub', async () => {
    const key = await publish();
    const linked = join(folder(), 'linked');
    mkdirSync(join(linked, 'nested', 'deep'), { recursive: true });
    for (const path of ['model.safetensors', 'config.json', 'exact.bin', 'nested/deep/empty.txt']) {
      symlinkSync(join(source, path), join(linked, path));
    }
    expect(await publishDirectory(store, linked, { partBytes: PART })).toBe(key);
  });

  it('is refused where it links to a folder, has no files, or is not there', async () => {
    symlinkSync(folder(), join(source, 'around'));
    await expect(publish()).rejects.toMatchObject({
      code: 'failed_precondition',
      message: `${join(source, 'around')} is neither a file nor a folder; only files can be published`,
    });
    mkdirSync(join(folder(), 'bare'));
    await expect(publishDirectory(store, join(folder(), 'bare'))).rejects.toThrow('has no files to publish');
    await expect(publishDirectory(store, join(folder(), 'absent'))).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining(join(folder(), 'absent')),
    });
  });

  it('goes on where an attempt was cut, and fetches no part twice', async () => {
    const key = await publish();
    const broken = watched((count) =>
      count > 8 ? new MajlisError('cut', { code: 'unavailable' }) : undefined,
    );
    await expect(fetch(key, broken)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'model.safetensors, part 5 of 11: cut',
    });
    expect(readdirSync(join(folder(), 'here'))).toEqual([`.policy.${key.slice(0, 16)}.unfinished`]);
    const again = watched();
    await fetch(key, again);
    expect(contents(target())).toEqual(contents(source));
    // The manifest again, and the seven parts that were not there: the first four had been written.
    expect(again.asked).toHaveLength(1 + 7);
  });

  it('fetches a part again that was damaged while it was unfinished', async () => {
    const key = await publish();
    const broken = watched((count) =>
      count > 8 ? new MajlisError('cut', { code: 'unavailable' }) : undefined,
    );
    await expect(fetch(key, broken)).rejects.toThrow('cut');
    const unfinished = join(folder(), 'here', `.policy.${key.slice(0, 16)}.unfinished`, 'model.safetensors');
    const bytes = readFileSync(unfinished);
    bytes[3] = (bytes[3] ?? 0) ^ 1;
    writeFileSync(unfinished, bytes);
    await fetch(key);
    expect(contents(target())).toEqual(contents(source));
  });

  it('is not fetched again where it is there, and another in its place is already_exists', async () => {
    const key = await publish();
    await fetch(key);
    const again = watched();
    await fetch(key, again);
    expect(again.asked).toHaveLength(1);

    writeFileSync(join(target(), 'extra.bin'), 'x');
    await expect(fetch(key)).rejects.toMatchObject({
      code: 'already_exists',
      message: expect.stringContaining('extra.bin, which the manifest does not name'),
    });
  });

  it.each([
    ['shorter', weights.subarray(1), '1006 bytes instead of 1007'],
    [
      'changed',
      Buffer.alloc(weights.length),
      `sha256 ${sha256(Buffer.alloc(1007))} instead of ${sha256(weights)}`,
    ],
  ])('says which file of a finished directory was %s', async (_name, bytes, what) => {
    const key = await publish();
    await fetch(key);
    writeFileSync(join(target(), 'model.safetensors'), bytes);
    await expect(fetch(key)).rejects.toMatchObject({
      code: 'already_exists',
      message: expect.stringContaining(`holds a model.safetensors of ${what}`),
    });
  });

  it('comes whole to two who fetch it at once to one place', async () => {
    const key = await publish();
    await Promise.all([fetch(key), fetch(key), fetch(key)]);
    expect(contents(target())).toEqual(contents(source));
    expect(readdirSync(join(folder(), 'here'))).toEqual(['policy']);
  });

  it('names the file and the part that is missing', async () => {
    const key = await publish();
    const missing = sha256(weights.subarray(200, 300));
    const get = async (asked: string): Promise<Uint8Array> =>
      asked === missing ? new MemoryArtifacts().get(asked) : store.get(asked);
    await expect(fetch(key, { get })).rejects.toMatchObject({
      code: 'not_found',
      message: `model.safetensors, part 3 of 11: artifact ${missing} is not in memory`,
    });
  });

  it('is data_loss where the parts of a file are not those of its hash, naming both', async () => {
    const part = await store.put(Buffer.from('other weights'));
    const wanted = sha256('the weights');
    const key = await putManifest([{ path: 'model.safetensors', bytes: 13, sha256: wanted, parts: [part] }]);
    await expect(fetch(key)).rejects.toMatchObject({
      code: 'data_loss',
      message: `model.safetensors: its parts have the sha256 ${sha256('other weights')} together, and the manifest says ${wanted}`,
    });
    expect(readdirSync(join(folder(), 'here'))).not.toContain('policy');
  });

  it('is data_loss where a part has another length than the manifest says', async () => {
    const part = await store.put(Buffer.from('four'));
    const key = await putManifest([{ path: 'a', bytes: 5, sha256: sha256('fours'), parts: [part] }]);
    await expect(fetch(key)).rejects.toMatchObject({
      code: 'data_loss',
      message: `a, part 1 of 1: ${part} has 4 bytes instead of 5`,
    });
  });

  it.each([
    '../escape',
    '/etc/passwd',
    'a/../../b',
    'a//b',
    './a',
    'a/',
    '',
    'C:/windows',
    'a\\..\\b',
    'nul\0byte',
  ])('refuses a manifest with the path %j', async (path) => {
    const key = await putManifest([{ path, bytes: 0, sha256: sha256(''), parts: [] }]);
    await expect(fetch(key)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(`directory ${key} at files[0].path`),
    });
    expect(readdirSync(folder())).toEqual(['source']);
  });

  it.each([
    ['a path twice', [{ path: 'a' }, { path: 'a' }], 'no path twice or below another file, as a is'],
    ['a file below a file', [{ path: 'a/b' }, { path: 'a' }], 'no path twice or below another file, as a is'],
    [
      'a part too few',
      [{ path: 'a', bytes: 101, parts: [sha256('')] }],
      '2 parts, for 101 bytes in parts of 100',
    ],
    ['no files', [], 'at least 1'],
  ])('refuses a manifest with %s', async (_name, given, allowed) => {
    const files = given.map((file) => ({ bytes: 0, sha256: sha256(''), parts: [], ...file }));
    const key = await putManifest(files);
    await expect(fetch(key)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(allowed),
    });
  });

  it('refuses a manifest whose parts would not fit into memory, before it makes room for one', async () => {
    const key = await putManifest(
      [{ path: 'a', bytes: 5e12, sha256: sha256('x'), parts: [sha256('x')] }],
      5e12,
    );
    await expect(fetch(key)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining('partBytes: found 5000000000000; allowed: at most 67108864'),
    });
  });

  it.each([
    ['weights', randomBytes(64), 'allowed: JSON'],
    ['5 MB', Buffer.alloc(5_000_000), 'found 5000000 bytes; allowed: a directory manifest'],
  ])('refuses a key that names %s', async (_name, bytes, message) => {
    const key = await store.put(bytes);
    await expect(fetch(key)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(message),
    });
  });

  it('stops at once when it is told to, and leaves nothing in its place', async () => {
    const key = await publish();
    const stop = new AbortController();
    const hanging = {
      get: async (asked: string, signal?: AbortSignal): Promise<Uint8Array> => {
        if (asked === key) return store.get(asked);
        stop.abort();
        signal?.throwIfAborted();
        return store.get(asked);
      },
    };
    await expect(fetchDirectory(hanging, key, target(), stop.signal)).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(readdirSync(join(folder(), 'here'))).not.toContain('policy');
  });

  it('is aborted where a file changes while it is published', async () => {
    const growing = {
      put: async (bytes: Uint8Array): Promise<string> => {
        writeFileSync(join(source, 'exact.bin'), 'shorter');
        return store.put(bytes);
      },
    };
    await expect(publishDirectory(growing, join(source), { partBytes: 1 })).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});
