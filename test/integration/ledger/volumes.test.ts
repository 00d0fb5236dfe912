import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { populateWorkspace } from '../../support/populated-ledger.js';
import { describeWhereMountsWork, runMounted } from '../../support/run-mounted.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

const MODULES = [
  'core/ledger/sqlite-ledger',
  'core/ledger/verify/verify-ledger',
  'core/ledger/snapshot/query-ledger',
  'core/ledger/snapshot/backup-ledger',
  'core/ledger/retention/release-payloads',
  'core/artifacts/segment-artifacts',
];

const NAMES = `
  const { openSqliteLedger, verifyLedger, queryLedger, backUpLedger, releasePayloads, SegmentArtifacts } = m;
  const { rmSync, writeFileSync } = require('node:fs');
  const clock = { now: () => 0 };`;

const run = (folder: string, mount: string, script: string): unknown =>
  runMounted({ folder, mount, modules: MODULES }, NAMES + script);

describeWhereMountsWork('a full disk', () => {
  const folder = useTemporaryFolder();
  const small = (): string => `mount -t tmpfs -o size=3m tmpfs ${folder()}`;

  it('refuses the results that found no room, keeps those it acknowledged, and takes more once there is room', () => {
    const said = run(
      folder(),
      small(),
      `
      writeFileSync(folder + '/filler', Buffer.alloc(1e6));
      const ledger = await openSqliteLedger(folder + '/l', clock);
      await ledger.createRun({ id: 'r', name: 'r', seed: 1, config: '{}', configHash: 'c', fingerprints: {} });
      let accepted = 0, refusal;
      const accept = async (id) => {
        await ledger.issueTasks('r', [{ id, iteration: 0, issue: 1, deadlineMs: 0 }]);
        await ledger.acceptResults('r', [{ taskId: id, iteration: 0, payloadHash: 'p'.repeat(2000) }]);
        accepted += 1;
      };
      while (refusal === undefined) await accept('t' + accepted).catch((error) => (refusal = told(error)));
      const before = (await ledger.results('r', 0)).length;
      rmSync(folder + '/filler');
      await accept('after');
      await ledger.close();
      const failed = (await verifyLedger(folder + '/l')).filter(({ status }) => status === 'failed');
      const { rows } = await queryLedger(folder + '/l', "SELECT count(*) FROM v_tasks WHERE state = 'accepted'");
      say({ refusal, kept: before === accepted - 1, stored: rows[0][0] === accepted, failed });`,
    );
    const message = 'ledger file /l cannot grow: the disk is full';
    expect(said).toEqual({
      refusal: { code: 'resource_exhausted', message },
      kept: true,
      stored: true,
      failed: [],
    });
  });

  it('refuses the payload that found no room, keeps the others, and takes more once there is room', () => {
    const said = run(
      folder(),
      small(),
      `
      writeFileSync(folder + '/filler', Buffer.alloc(1e6));
      const store = await SegmentArtifacts.open({ folder: folder + '/segments' });
      const hashes = [];
      let refusal;
      const put = async () => hashes.push(await store.put(Buffer.alloc(50_000, hashes.length)));
      while (refusal === undefined) await put().catch((error) => (refusal = told(error)));
      rmSync(folder + '/filler');
      await put();
      for (const hash of hashes) await store.get(hash);
      say({ refusal, some: hashes.length > 10 });`,
    );
    const message = '/segments/00000001.segment cannot be written: the disk is full';
    expect(said).toEqual({ refusal: { code: 'resource_exhausted', message }, some: true });
  });

  it('refuses a backup that finds no room, and leaves nothing of it', () => {
    const said = run(
      folder(),
      small(),
      `
      const ledger = await openSqliteLedger(folder + '/l', clock);
      await ledger.createRun({ id: 'r', name: 'r', seed: 1, config: 'x'.repeat(700_000), configHash: 'c', fingerprints: {} });
      await ledger.close();
      writeFileSync(folder + '/filler', Buffer.alloc(2e6));
      const refusal = await backUpLedger(folder + '/l', folder + '/b').then(() => 'none', told);
      say({ refusal, left: require('node:fs').readdirSync(folder).sort() });`,
    );
    const message = 'ledger file /b cannot grow: the disk is full';
    expect(said).toEqual({ refusal: { code: 'resource_exhausted', message }, left: ['filler', 'l'] });
  });
});

describeWhereMountsWork('a read-only volume', () => {
  const folder = useTemporaryFolder();
  const readOnly = (): string =>
    `mount --bind ${folder()} ${folder()} && mount -o remount,ro,bind ${folder()}`;

  it('is named by every refusal to write, in one sentence', async () => {
    await populateWorkspace(folder());
    mkdirSync(join(folder(), 'empty'));
    const said = run(
      folder(),
      readOnly(),
      `
      const refusalOf = (work) => work.then(() => 'none', told);
      const retention = { segments: folder + '/segments', keepIterations: 0, dryRun: false };
      const store = await SegmentArtifacts.open({ folder: folder + '/segments' });
      say([
        await refusalOf(openSqliteLedger(folder + '/ledger.sqlite', clock)),
        await refusalOf(openSqliteLedger(folder + '/empty/ledger.sqlite', clock)),
        await refusalOf(backUpLedger(folder + '/ledger.sqlite', folder + '/backup')),
        await refusalOf(releasePayloads(folder + '/ledger.sqlite', retention)),
        await refusalOf(store.put(Buffer.from('new'))),
        await refusalOf(SegmentArtifacts.open({ folder: folder + '/empty/segments' })),
      ]);`,
    );
    const refusal = (message: string) => ({ code: 'failed_precondition', message });
    const unlocked = 'cannot be locked; it must be writable, on a volume that knows file locks';
    const unopened = 'cannot be opened; its folder must exist and be writable';
    const unusable = 'cannot be used: it must be readable and writable';
    expect(said).toEqual([
      refusal(`ledger file /ledger.sqlite ${unlocked}`),
      refusal(`ledger file /empty/ledger.sqlite ${unopened}`),
      refusal(`ledger file /backup ${unopened}`),
      refusal(`ledger file /ledger.sqlite ${unlocked}`),
      refusal(`/segments/00000004.segment ${unusable}`),
      refusal('/empty/segments is not there and cannot be made: its folder must exist and be writable'),
    ]);
  });

  it('can be verified and queried', async () => {
    await populateWorkspace(folder());
    const said = run(
      folder(),
      readOnly(),
      `
      const checks = await verifyLedger(folder + '/ledger.sqlite');
      const { rows } = await queryLedger(folder + '/ledger.sqlite', 'SELECT count(*) FROM v_runs');
      say({ ok: checks.every(({ status }) => status === 'ok'), rows });`,
    );
    expect(said).toEqual({ ok: true, rows: [[2]] });
  });
});
