import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backUpLedger } from '../../../../core/ledger/snapshot/backup-ledger.js';
import { queryLedger } from '../../../../core/ledger/snapshot/query-ledger.js';
import { LINEAGE_EPOCHS, restoreLedger } from '../../../../core/ledger/snapshot/restore-ledger.js';
import { openSqliteLedger } from '../../../../core/ledger/sqlite-ledger.js';
import { verifyLedger } from '../../../../core/ledger/verify/verify-ledger.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { flipBit } from '../../../support/flip-bit.js';
import { startLedgerOwner } from '../../../support/ledger-owner.js';
import { populateWorkspace } from '../../../support/populated-ledger.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

describe('backup and restore', () => {
  const folder = useTemporaryFolder();
  const backup = (): string => join(folder(), 'backups', 'one.sqlite');
  let file = '';

  beforeEach(async () => {
    ({ file } = await populateWorkspace(folder()));
  });

  const rowsOf = async (path: string, sql: string) => (await queryLedger(path, sql)).rows;
  const epochs = (path: string) => rowsOf(path, 'SELECT run, epoch FROM v_runs ORDER BY run');
  const lineageOf = async (path: string) => (await rowsOf(path, 'SELECT value FROM ledger_facts'))[0]?.[0];

  it('a backup is one file that passes every check and holds every row', async () => {
    await backUpLedger(file, backup());
    expect((await verifyLedger(backup())).filter(({ status }) => status === 'failed')).toEqual([]);
    expect(existsSync(`${backup()}-wal`)).toBe(false);
    for (const view of ['v_runs', 'v_iterations', 'v_tasks', 'v_preferences', 'v_events', 'v_checkpoints']) {
      expect(await rowsOf(backup(), `SELECT * FROM ${view}`)).toEqual(
        await rowsOf(file, `SELECT * FROM ${view}`),
      );
    }
  });

  it('a backup never replaces a file', async () => {
    writeFileSync(join(folder(), 'taken'), 'mine');
    await expect(backUpLedger(file, join(folder(), 'taken'))).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    expect(readFileSync(join(folder(), 'taken'), 'utf8')).toBe('mine');
  });

  it('a restore begins another lineage, whose epochs the old one never reaches', async () => {
    await backUpLedger(file, backup());
    const before = await lineageOf(file);
    const { lineage } = await restoreLedger(backup(), file);
    expect(await lineageOf(file)).toBe(lineage);
    expect(lineage).toMatch(/^[0-9a-f]{32}$/);
    expect(lineage).not.toBe(before);
    expect(await epochs(file)).toEqual([
      ['run-done', 1 + LINEAGE_EPOCHS],
      ['run-failed', 1 + LINEAGE_EPOCHS],
    ]);
    expect((await verifyLedger(file)).filter(({ status }) => status === 'failed')).toEqual([]);
    const ledger = await openSqliteLedger(file, new FakeClock());
    expect(await ledger.beginEpoch('run-failed')).toBe(2 + LINEAGE_EPOCHS);
    await ledger.close();
  });

  it('a restore moves what was there aside, under a new name each time', async () => {
    await backUpLedger(file, backup());
    const first = await restoreLedger(backup(), file);
    const second = await restoreLedger(backup(), file);
    expect(first.movedTo).toBe(`${file}.replaced-1`);
    expect(second.movedTo).toBe(`${file}.replaced-2`);
    expect(await epochs(`${file}.replaced-1`)).toEqual([
      ['run-done', 1],
      ['run-failed', 1],
    ]);
    expect(await lineageOf(`${file}.replaced-2`)).toBe(first.lineage);
  });

  it('a restore makes the ledger of a workspace that has none', async () => {
    const elsewhere = join(folder(), 'new', 'ledger.sqlite');
    expect(await restoreLedger(file, elsewhere)).not.toHaveProperty('movedTo');
    expect(await rowsOf(elsewhere, 'SELECT count(*) FROM v_runs')).toEqual([[2]]);
  });

  it('a restore over a damaged ledger keeps the damaged file', async () => {
    await backUpLedger(file, backup());
    writeFileSync(file, 'nothing of a database '.repeat(500));
    const { movedTo = '' } = await restoreLedger(backup(), file);
    expect(readFileSync(movedTo, 'utf8')).toContain('nothing of a database');
    expect(await rowsOf(file, 'SELECT count(*) FROM v_runs')).toEqual([[2]]);
  });

  it('a restore from a damaged backup changes nothing', async () => {
    await backUpLedger(file, backup());
    const bytes = readFileSync(backup()).length;
    for (let byte = 8192; byte < bytes; byte += 4096) flipBit(backup(), byte);
    const before = readFileSync(file);
    await expect(restoreLedger(backup(), file)).rejects.toMatchObject({ code: 'data_loss' });
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(existsSync(`${file}.replaced-1`)).toBe(false);
  });

  it('a ledger that a coordinator owns can be backed up and queried, and not be replaced', async () => {
    const raw = join(folder(), 'raw.sqlite');
    cpSync(file, raw);
    const owner = await startLedgerOwner(file);
    try {
      await backUpLedger(file, backup());
      expect(await rowsOf(file, 'SELECT count(*) FROM v_runs')).toEqual([[2]]);
      await expect(restoreLedger(raw, file)).rejects.toMatchObject({
        code: 'failed_precondition',
        message: expect.stringContaining('is already open'),
      });
      expect(await lineageOf(file)).toBe(await lineageOf(raw));
    } finally {
      owner.kill();
    }
  });
});
