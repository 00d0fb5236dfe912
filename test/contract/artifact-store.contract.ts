import { createHash, randomBytes } from 'node:crypto';
import type { ArtifactStore } from '../../core/artifacts/artifact-store.js';

/** What an adapter's test supplies: an empty store. */
export interface ArtifactStoreHarness {
  readonly store: ArtifactStore;
  /** Objects that are put at once to see whether that works; 200 unless told, fewer for a server that is slow. */
  readonly many?: number;
  close(): Promise<void>;
}

/** What the test of a store supplies that outlives its process. */
export interface DurableStoreHarness extends ArtifactStoreHarness {
  /** The same store as another process would find it. */
  reopen(): Promise<ArtifactStore>;
  /** Flips one bit of the stored bytes. */
  damage(sha256: string): Promise<void>;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The promises of `ArtifactStore`, for every adapter. */
export function describeArtifactStore(name: string, make: () => Promise<ArtifactStoreHarness>): void {
  describe(`${name} keeps the promises of an artifact store:`, () => {
    let harness: ArtifactStoreHarness;
    let store: ArtifactStore;

    beforeEach(async () => {
      harness = await make();
      store = harness.store;
    });

    afterEach(async () => {
      await harness.close();
    });

    const get = async (hash: string): Promise<number[]> => [...(await store.get(hash))];

    it('names bytes by their sha256', async () => {
      // The sha256 of "abc" in FIPS 180-2, appendix B.1.
      expect(await store.put(Buffer.from('abc'))).toBe(
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      );
    });

    it.each([
      ['no bytes', new Uint8Array(0)],
      ['every byte value', Uint8Array.from({ length: 256 }, (_, index) => index)],
      ['3 MB', new Uint8Array(randomBytes(3_000_000))],
      ['part of a larger buffer', Buffer.from('__middle__').subarray(2, 8)],
    ])('gives back %s as they were', async (_name, bytes) => {
      const hash = await store.put(bytes);
      expect(Buffer.from(await store.get(hash)).equals(bytes)).toBe(true);
      expect(await store.has(hash)).toBe(true);
    });

    it('takes the same bytes again, also at the same time', async () => {
      const bytes = Buffer.from('twice');
      const hashes = await Promise.all([store.put(bytes), store.put(bytes)]);
      hashes.push(await store.put(bytes));
      expect(new Set(hashes)).toEqual(new Set([sha256(bytes)]));
      expect(await get(sha256(bytes))).toEqual([...bytes]);
    });

    it('takes many objects at the same time', async () => {
      const objects = Array.from({ length: harness.many ?? 200 }, (_, index) =>
        Buffer.from(`object ${index}`),
      );
      const hashes = await Promise.all(objects.map((bytes) => store.put(bytes)));
      const read = await Promise.all(hashes.map((hash) => store.get(hash)));
      expect(read.map((bytes) => Buffer.from(bytes).toString())).toEqual(objects.map(String));
    });

    it('is not changed by what others do to the bytes that they gave or got', async () => {
      const given = Buffer.from('given');
      const hash = sha256(given);
      const put = store.put(given);
      given.fill(0);
      await put;
      (await store.get(hash)).fill(0);
      expect(await get(hash)).toEqual([...Buffer.from('given')]);
    });

    it('does not have what nobody put', async () => {
      const hash = sha256(Buffer.from('nobody put this'));
      expect(await store.has(hash)).toBe(false);
      await expect(store.get(hash)).rejects.toMatchObject({
        code: 'not_found',
        message: expect.stringContaining(hash),
      });
    });

    it.each(['', 'abc', '../../etc/passwd', 'A'.repeat(64), `${'a'.repeat(64)}/..`])(
      'refuses %j as a name',
      async (badName) => {
        await expect(store.get(badName)).rejects.toMatchObject({ code: 'invalid_argument' });
        await expect(store.has(badName)).rejects.toMatchObject({ code: 'invalid_argument' });
      },
    );
  });
}

/** The promises of an `ArtifactStore` that keeps its objects on disk. */
export function describeDurableStore(name: string, make: () => Promise<DurableStoreHarness>): void {
  describeArtifactStore(name, make);

  describe(`${name} keeps the promises of a durable artifact store:`, () => {
    let harness: DurableStoreHarness;
    let store: ArtifactStore;

    beforeEach(async () => {
      harness = await make();
      store = harness.store;
    });

    afterEach(async () => {
      await harness.close();
    });

    it('has every object when it is opened again, and takes more', async () => {
      const first = await store.put(Buffer.from('first'));
      const again = await harness.reopen();
      expect(Buffer.from(await again.get(first)).toString()).toBe('first');
      const second = await again.put(Buffer.from('second'));
      expect(Buffer.from(await again.get(second)).toString()).toBe('second');
    });

    it('tells bytes that were damaged, serves the others, and heals when the bytes are put again', async () => {
      const bytes = Buffer.from('precious');
      const hash = await store.put(bytes);
      const other = await store.put(Buffer.from('other'));
      await harness.damage(hash);
      await expect(store.get(hash)).rejects.toMatchObject({
        code: 'data_loss',
        message: expect.stringContaining(hash),
      });
      expect(Buffer.from(await store.get(other)).toString()).toBe('other');
      await store.put(bytes);
      expect([...(await store.get(hash))]).toEqual([...bytes]);
    });
  });
}
