import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { ExclusiveDatabase } from '../../../../core/database/exclusive-database.js';
import { migrate } from '../../../../core/database/migrate.js';
import type { Ledger } from '../../../../core/ledger/ledger.js';
import { LEDGER } from '../../../../core/ledger/ledger-schema.js';
import { MIGRATIONS } from '../../../../core/ledger/migrations.js';
import { openSqliteLedger } from '../../../../core/ledger/sqlite-ledger.js';
import { verifyLedger } from '../../../../core/ledger/verify/verify-ledger.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

describe('a ledger of schema 1', () => {
  const folder = useTemporaryFolder();
  const path = (): string => join(folder(), 'ledger.sqlite');
  let ledger: Ledger;

  beforeEach(async () => {
    const database = new Database(path());
    database.exec(readFileSync(join(packageRoot, 'test/fixtures/ledger/schema-1.sql'), 'utf8'));
    database.close();
    ledger = await openSqliteLedger(path(), new FakeClock());
  });

  afterEach(async () => {
    await ledger.close();
  });

  it('is backed up whole beside the file before it is changed', () => {
    const backup = new Database(`${path()}.schema-1.backup`);
    const count = (table: string) =>
      backup.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number };
    const counts = [
      'runs',
      'tasks',
      'results',
      'iterations',
      'policy_versions',
      'preferences',
      'control_events',
    ];
    expect(counts.map((table) => count(table).n)).toEqual([3, 11, 9, 4, 7, 2, 3]);
    expect(backup.prepare('SELECT max(version) AS v FROM schema_migrations').get()).toMatchObject({ v: 1 });
    backup.close();
  });

  it('keeps its runs, and a failure as the reason of the state', async () => {
    const runs = await ledger.listRuns();
    const started = (hour: number) => Date.UTC(2026, 0, 1, hour);
    const common = { fingerprints: {}, epoch: 1 };
    expect(runs).toEqual([
      {
        ...common,
        ...{ id: 'run-done', name: 'rubric-a', state: 'completed', seed: 2 ** 53 - 1 },
        ...{ configHash: 'c1', config: '{"locale":"ar-EG","name":"مجلس"}', createdAtMs: started(0) },
      },
      {
        ...common,
        ...{ id: 'run-failed', name: 'rubric-b', state: 'failed', seed: 2, configHash: 'c2', config: '{}' },
        ...{ createdAtMs: started(1), reason: 'the reward plane is on fire' },
      },
      {
        ...common,
        ...{ id: 'run-cancelled', name: 'placebo', state: 'cancelled', seed: 3, configHash: 'c3' },
        ...{ config: '{}', createdAtMs: started(2) },
      },
    ]);
  });

  it('knows which control events took effect, and which never did', async () => {
    expect(await ledger.controlEvents('run-done')).toEqual([
      { sequence: 1, event: { kind: 'swap_rubric', rubricHash: 'rubric-b', iteration: 1 }, effectiveAt: 1 },
      { sequence: 2, event: { kind: 'swap_rubric', rubricHash: 'rubric-c', iteration: 9 } },
    ]);
    expect(await ledger.controlEvents('run-cancelled')).toMatchObject([{ effectiveAt: 1 }]);
  });

  it('keeps its journal, with the control events that were in force', async () => {
    const journal = await ledger.iterations('run-done');
    expect(
      journal.map(({ iteration, rubricHash, controlSequence }) => [iteration, rubricHash, controlSequence]),
    ).toEqual([
      [0, 'rubric-a', 0],
      [1, 'rubric-b', 1],
    ]);
    expect(journal[1]?.metrics).toEqual({ 'objective/kl': 0.1 + 0.2, 'policy/entropy_avg': NaN });
    expect((await ledger.policyVersions('run-done')).map(({ version }) => version)).toEqual([0, 1, 2]);
  });

  it('ends the tasks of finished iterations, and leaves those of an unfinished one as they stood', async () => {
    const states = async (run: string) =>
      (await ledger.tasks(run)).map(({ id, issue, state }) => [id, issue, state]);
    expect(await states('run-failed')).toEqual([
      ['run-failed-0-0', 1, 'consumed'],
      ['run-failed-0-1', 2, 'consumed'],
      ['x', 1, 'outstanding'],
      ['y', 1, 'accepted'],
      ['z', 1, 'outstanding'],
    ]);
    expect((await ledger.results('run-failed', 1)).map(({ taskId }) => taskId)).toEqual(['y']);
    expect(await ledger.results('run-done', 1)).toHaveLength(2);
    expect((await ledger.outstandingTasks('run-failed')).map(({ id }) => id)).toEqual(['x', 'z']);
  });

  it('keeps its preferences in their order', async () => {
    const preferences = await ledger.preferences('run-done');
    expect(
      preferences.map(({ pair, probabilityFirst }) => [pair.id, pair.prompt.text, probabilityFirst]),
    ).toEqual([
      ['pair-2', 'إزيك؟', 0.9],
      ['pair-1', '안녕', 0.25],
    ]);
  });

  it('goes on like a new one, and passes every check', async () => {
    await ledger.setRunState('run-failed', 'running');
    await ledger.acceptResults('run-failed', [{ taskId: 'x', iteration: 1, payloadHash: 'p' }]);
    await ledger.endTasks('run-failed', [{ iteration: 1, id: 'z' }], 'dropped');
    expect(await ledger.events('run-failed', 0, 9)).toMatchObject([
      { sequence: 1, payload: { kind: 'state_changed', state: 'running' } },
    ]);
    await ledger.close();
    const checks = await verifyLedger(path());
    expect(checks.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(existsSync(`${path()}.schema-1.backup`)).toBe(true);
  });

  it('passes every check as the old file that it was', async () => {
    const checks = await verifyLedger(`${path()}.schema-1.backup`);
    expect(checks.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(checks.length).toBeGreaterThan(10);
  });
});

describe('a ledger of schema 2', () => {
  const folder = useTemporaryFolder();

  it('keeps each task in its state, with its result', async () => {
    const path = join(folder(), 'ledger.sqlite');
    const database = ExclusiveDatabase.open(path, { kind: LEDGER });
    migrate(database, MIGRATIONS.slice(0, 2));
    database.execute(`
      INSERT INTO runs (id, name, state, seed, config_hash, config, epoch, created_at_ms)
        VALUES ('r', 'n', 'running', 1, 'c', '{}', 1, 0);
      INSERT INTO tasks (run, id, iteration, issue, deadline_ms, state, consumed_in) VALUES
        ('r', 'a', 1, 2, 50, 'outstanding', NULL), ('r', 'b', 1, 1, 50, 'accepted', NULL),
        ('r', 'z', 0, 1, 40, 'consumed', 0), ('r', 'c', 0, 1, 40, 'dropped', NULL),
        ('r', 'd', 0, 1, 40, 'dropped', NULL), ('r', 'e', 0, 5, 40, 'dead_lettered', NULL);
      INSERT INTO results VALUES ('r', 1, 'b', 'pb'), ('r', 0, 'z', 'pz'), ('r', 0, 'c', 'pc');`);
    database.release();
    const ledger = await openSqliteLedger(path, new FakeClock());
    const tasks = await ledger.tasks('r');
    expect(tasks.map(({ id, issue, deadlineMs, state }) => [id, issue, deadlineMs, state])).toEqual([
      ['c', 1, 40, 'dropped'],
      ['d', 1, 40, 'dropped'],
      ['e', 5, 40, 'dead_lettered'],
      ['z', 1, 40, 'consumed'],
      ['a', 2, 50, 'outstanding'],
      ['b', 1, 50, 'accepted'],
    ]);
    expect(await ledger.results('r', 0)).toEqual([{ taskId: 'z', iteration: 0, payloadHash: 'pz' }]);
    const again = { iteration: 0, payloadHash: 'pc' };
    expect(await ledger.acceptResults('r', [{ taskId: 'c', ...again }])).toEqual(['duplicate']);
    expect(await ledger.acceptResults('r', [{ taskId: 'd', ...again }])).toEqual(['unknown_task']);
    expect(await ledger.outstandingTasks('r')).toEqual([{ id: 'a', iteration: 1, issue: 2, deadlineMs: 50 }]);
    await ledger.close();
    expect(existsSync(`${path}.schema-2.backup`)).toBe(true);
  });
});
