import { readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { publishDirectory } from '../../../../core/artifacts/directory-artifact.js';
import { FileArtifacts } from '../../../../core/artifacts/file-artifacts.js';
import { SegmentArtifacts } from '../../../../core/artifacts/segment-artifacts.js';
import { releasePayloads } from '../../../../core/ledger/retention/release-payloads.js';
import { openSqliteLedger } from '../../../../core/ledger/sqlite-ledger.js';
import { verifyLedger } from '../../../../core/ledger/verify/verify-ledger.js';
import { sha256 } from '../../../../core/runtime/content-hash.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { flipBit } from '../../../support/flip-bit.js';
import { startLedgerOwner } from '../../../support/ledger-owner.js';
import { populateWorkspace } from '../../../support/populated-ledger.js';
import type { PopulatedWorkspace } from '../../../support/populated-ledger.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const ORPHAN = 'a payload that was stored and never accepted';

describe('the release of payloads', () => {
  const folder = useTemporaryFolder();
  let workspace: PopulatedWorkspace;

  beforeEach(async () => {
    workspace = await populateWorkspace(folder(), 4);
    const store = await SegmentArtifacts.open({ folder: workspace.segments });
    await store.put(Buffer.from(ORPHAN));
    await store.close();
  });

  const release = (keepIterations: number, dryRun = false) =>
    releasePayloads(workspace.file, { segments: workspace.segments, keepIterations, dryRun });

  const bytesOnDisk = () =>
    readdirSync(workspace.segments).reduce(
      (sum, name) => sum + statSync(join(workspace.segments, name)).size,
      0,
    );

  async function stored(): Promise<string[]> {
    const store = await SegmentArtifacts.open({ folder: workspace.segments });
    const texts = [
      ORPHAN,
      ...['run-done', 'run-failed'].flatMap((run) => [0, 1, 2, 3].map((n) => `inputs of ${run} ${n}`)),
    ];
    const there = await Promise.all(texts.map((text) => store.has(sha256(text))));
    await store.close();
    return texts.filter((_, index) => there[index]);
  }

  const failures = async () =>
    (await verifyLedger(workspace.file)).filter(({ status }) => status === 'failed');

  it('keeps the newest iterations of ended runs, all of a run that can go on, and nothing that no run names', async () => {
    const before = bytesOnDisk();
    const { iterations, payloads, bytes } = await release(1);
    expect([...iterations]).toEqual([['run-done', 3]]);
    // Three iterations of two results and one journal entry, and the orphan.
    expect(payloads).toBe(3 * 3 + 1);
    expect(before - bytesOnDisk()).toBe(bytes);
    expect(await stored()).toEqual(['inputs of run-done 3', 'inputs of run-failed 0']);
    expect(await failures()).toEqual([]);
  });

  it('keeps every byte of what it keeps', async () => {
    await release(1);
    const store = await SegmentArtifacts.open({ folder: workspace.segments });
    expect(store.tails).toEqual([]);
    for (const text of ['payload of run-done-3-1', 'payload of run-failed-1-0']) {
      expect(Buffer.from(await store.get(sha256(text))).toString()).toBe(text);
    }
    await store.close();
  });

  it('tells the same and changes nothing when it is dry', async () => {
    const before = readdirSync(folder(), { recursive: true }).sort();
    const ledger = readFileSync(workspace.file);
    const dry = await release(1, true);
    expect(readdirSync(folder(), { recursive: true }).sort()).toEqual(before);
    expect(readFileSync(workspace.file).equals(ledger)).toBe(true);
    expect(await release(1)).toEqual(dry);
  });

  it('has nothing to do the second time, and goes further where less is kept', async () => {
    await release(2);
    expect(await release(2)).toMatchObject({ payloads: 0, bytes: 0, files: 0 });
    expect((await release(0)).payloads).toBe(6);
    expect(await stored()).toEqual(['inputs of run-failed 0']);
    expect(await failures()).toEqual([]);
  });

  it('leaves a damaged segment as it is, and says so', async () => {
    const [name = ''] = readdirSync(workspace.segments).sort();
    const path = join(workspace.segments, name);
    flipBit(path, 8);
    const before = readFileSync(path);
    expect((await release(0)).damaged).toEqual([path]);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is refused while a coordinator owns the ledger, unless it is dry', async () => {
    const child = await startLedgerOwner(workspace.file);
    try {
      await expect(release(0)).rejects.toMatchObject({
        code: 'failed_precondition',
        message: expect.stringContaining('is already open'),
      });
      expect((await release(0, true)).payloads).toBe(13);
    } finally {
      child.kill();
    }
    const ledger = await openSqliteLedger(workspace.file, new FakeClock());
    await ledger.close();
  });

  describe('and of artifacts', () => {
    const DAY_MS = 86_400_000;
    const createdAtMs = new FakeClock().now();
    let store: FileArtifacts;

    beforeEach(() => {
      store = new FileArtifacts(join(folder(), 'objects'));
    });

    /** Puts a policy's weights as they were before an iteration, at that time. */
    async function publish(run: string, iteration: number, atMs: number): Promise<string> {
      const key = await publishDirectory(store, join(folder(), 'runs', run, String(iteration), 'policy'));
      for await (const { sha256: part } of store.list()) {
        utimesSync(join(folder(), 'objects', part.slice(0, 2), part), atMs / 1000, atMs / 1000);
      }
      return key;
    }

    const releaseArtifacts = () =>
      releasePayloads(workspace.file, {
        ...{ segments: workspace.segments, keepIterations: 1, dryRun: false },
        artifacts: { store, changedBeforeMs: createdAtMs + DAY_MS },
      });

    it('keeps the policies that a checkpoint names, and what a message of an open task may name', async () => {
      const before = createdAtMs - DAY_MS;
      const kept = await publish('run-done', 4, before);
      const forgotten = await publish('run-done', 2, before);
      const claim = await store.put(Buffer.from('a large result of an open task'));
      const path = join(folder(), 'objects', claim.slice(0, 2), claim);
      utimesSync(path, createdAtMs / 1000, createdAtMs / 1000);
      const { artifacts } = await releaseArtifacts();
      expect([await store.has(kept), await store.has(forgotten), await store.has(claim)]).toEqual([
        true,
        false,
        true,
      ]);
      // The manifest and the weights; the configuration is in both.
      expect(artifacts).toMatchObject({ artifacts: 2, young: 1 });
    });

    it('keeps the payloads that it keeps in segments, too', async () => {
      const named = await store.put(Buffer.from('inputs of run-done 3'));
      const released = await store.put(Buffer.from('inputs of run-done 0'));
      for (const key of [named, released]) {
        utimesSync(join(folder(), 'objects', key.slice(0, 2), key), 1, 1);
      }
      await releaseArtifacts();
      expect([await store.has(named), await store.has(released)]).toEqual([true, false]);
    });
  });
});
