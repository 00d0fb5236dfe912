import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { FileArtifacts } from '../../../core/artifacts/file-artifacts.js';
import { startLedgerOwner } from '../../support/ledger-owner.js';
import { populateWorkspace } from '../../support/populated-ledger.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';
import { majlis } from './majlis-process.js';

describe('majlis ledger', () => {
  const folder = useTemporaryFolder();
  const workspace = (): string => join(folder(), 'work');

  beforeEach(async () => {
    mkdirSync(workspace());
    await populateWorkspace(workspace());
  });

  const ledger = (...args: string[]) => majlis(['ledger', ...args, '--workspace', workspace()]);

  async function json(...args: string[]): Promise<Record<string, unknown>> {
    const { status, stdout, stderr } = await ledger(...args, '--json');
    expect([status, stderr]).toEqual([0, '']);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  it('backup writes a new file into the folder of backups, or where it is told, that verify passes', async () => {
    const { file } = await json('backup');
    expect(file).toMatch(/work\/backups\/ledger-\d{4}-\d\d-\d\dT[\d-]+Z\.sqlite$/);
    const named = join(folder(), 'deep', 'er', 'named.sqlite');
    expect(await json('backup', named)).toMatchObject({ file: named });
    expect(await json('verify', named)).toMatchObject({ passed: true });
  });

  it('verify prints a table of checks, with exit status 0 where all pass', async () => {
    const { status, stdout } = await ledger('verify');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^check +status +found\n/);
    expect(stdout).toMatch(/^payloads +ok /m);
    expect(stdout).toMatch(/ledger\.sqlite is whole\n$/);
  });

  it('verify names a cut segment and the byte, with exit status 1', async () => {
    const segments = join(workspace(), 'segments');
    const [name = ''] = readdirSync(segments).sort();
    truncateSync(join(segments, name), 60);
    const { status, stdout } = await ledger('verify');
    expect(status).toBe(1);
    expect(stdout).toContain(`${join(segments, name)} ends within the record at byte 8`);
    expect(stdout).toMatch(/is NOT whole\n$/);
  });

  it('gc tells what it would remove, and then removes it', async () => {
    const store = new FileArtifacts(join(folder(), 'objects'));
    const [old, young] = [
      await store.put(Buffer.from('unnamed')),
      await store.put(Buffer.from('on its way')),
    ];
    utimesSync(join(folder(), 'objects', old.slice(0, 2), old), 1, 1);
    const request = ['gc', '--keep-iterations', '1', '--artifacts', join(folder(), 'objects')];
    const dry = await json(...request, '--dry-run');
    expect(dry).toMatchObject({ dryRun: true, payloads: 6, released: { 'run-done': 2 } });
    expect(dry).toMatchObject({ artifacts: { artifacts: 1, bytes: 7, kept: 1, young: 1, damaged: [] } });
    expect(await json(...request)).toEqual({ ...dry, dryRun: false });
    expect([await store.has(old), await store.has(young)]).toEqual([false, true]);
    expect(await json('gc', '--keep-iterations', '1')).toMatchObject({ payloads: 0, bytes: 0 });
    expect(await json('verify')).toMatchObject({ passed: true });
  });

  it('restore moves the ledger aside and puts the backup in its place', async () => {
    const { file } = await json('backup');
    const restored = await json('restore', '--new-lineage', String(file));
    expect(restored).toMatchObject({ movedTo: expect.stringMatching(/ledger\.sqlite\.replaced-1$/) });
    const { rows } = await json('query', 'SELECT DISTINCT epoch FROM v_runs');
    expect(rows).toEqual([[1_000_001]]);
  });

  it('query answers as a table, as CSV and as JSON', async () => {
    const sql =
      'SELECT run, reason, second_answer FROM v_runs LEFT JOIN v_preferences USING (run) ORDER BY run';
    expect((await ledger('query', sql)).stdout).toMatch(
      /^run +reason +second_answer\nrun-done +it's, "fine" thanks\n/,
    );
    expect((await ledger('query', sql, '--csv')).stdout).toBe(
      'run,reason,second_answer\nrun-done,,"it\'s, ""fine""\nthanks"\nrun-failed,the reward plane is on fire,\n',
    );
    expect(await json('query', sql)).toEqual({
      columns: ['run', 'reason', 'second_answer'],
      rows: [
        ['run-done', null, 'it\'s, "fine"\nthanks'],
        ['run-failed', 'the reward plane is on fire', null],
      ],
    });
  });

  it('backup, verify and query serve while a coordinator owns the ledger; gc and restore wait', async () => {
    const { file } = await json('backup');
    const owner = await startLedgerOwner(join(workspace(), 'ledger.sqlite'));
    try {
      const free = [
        ['backup', join(folder(), 'b.sqlite')],
        ['verify'],
        ['query', 'SELECT 1'],
        ['gc', '--dry-run'],
      ];
      for (const args of free) expect([args, (await ledger(...args)).status]).toEqual([args, 0]);
      for (const args of [['gc'], ['restore', '--new-lineage', String(file)]]) {
        const { status, stderr } = await ledger(...args);
        expect([args, status]).toEqual([args, 1]);
        expect(stderr).toMatch(/^majlis: ledger file .* is already open; stop the run that uses it .*\n$/);
      }
    } finally {
      owner.kill();
    }
  });

  it.each([
    [
      'a statement that writes',
      ['query', 'DELETE FROM runs'],
      /DELETE FROM runs.*not a query.*one SELECT over the views/,
    ],
    ['SQL that is no SQL', ['query', 'SELECT FROM WHERE'], /syntax error/],
    ['a table that is not there', ['query', 'SELECT * FROM weather'], /no such table: weather/],
    [
      'a backup over a file',
      ['backup', 'TAKEN'],
      /TAKEN: found a file; allowed: a path where nothing is yet/,
    ],
    ['a file that is not there', ['verify', '/nowhere/l.sqlite'], /\/nowhere\/l\.sqlite: found no such file/],
    [
      'a restore of a file that is not there',
      ['restore', '--new-lineage', '/nowhere/l'],
      /found no such file/,
    ],
    ['a restore without a new lineage', ['restore', 'TAKEN'], /found no --new-lineage/],
    ['a number that is none', ['gc', '--keep-iterations', 'many'], /--keep-iterations: found "many"/],
    [
      'a store that is none',
      ['gc', '--artifacts', 'ftp://host/x'],
      /--artifacts: found "ftp:.*a folder, or s3:/,
    ],
    ['an unknown command', ['polish'], /unknown command/],
  ])('refuses %s in one sentence with exit status 2', async (_name, args, sentence) => {
    writeFileSync(join(folder(), 'TAKEN'), 'mine');
    const before = readFileSync(join(workspace(), 'ledger.sqlite'));
    const { status, stdout, stderr } = await ledger(
      ...args.map((arg) => (arg === 'TAKEN' ? join(folder(), arg) : arg)),
    );
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(sentence);
    expect(readFileSync(join(workspace(), 'ledger.sqlite')).equals(before)).toBe(true);
  });

  it.each([['backup'], ['verify'], ['gc'], ['query', 'SELECT 1']])(
    '%s says where there is no ledger yet',
    async (...args) => {
      rmSync(join(workspace(), 'ledger.sqlite'));
      const { status, stderr } = await ledger(...args);
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(/^majlis: workspace .* has no ledger yet; a run makes it/),
      ]);
      expect(existsSync(join(workspace(), 'ledger.sqlite'))).toBe(false);
    },
  );
});
