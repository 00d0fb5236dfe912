import { cpSync, readdirSync, rmSync, truncateSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { verifyLedger } from '../../../../core/ledger/verify/verify-ledger.js';
import { flipBit } from '../../../support/flip-bit.js';
import { populateWorkspace, workspaceIn } from '../../../support/populated-ledger.js';
import type { PopulatedWorkspace } from '../../../support/populated-ledger.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const CHECKS = [
  'schema',
  'database',
  'references',
  'records',
  'run states',
  'tasks',
  'iterations',
  'policy versions',
  'events',
  'control events',
  'checkpoints',
  'lineage',
  'segments',
  'payloads',
  'checkpoint files',
];

describe('the verification of a ledger', () => {
  const folder = useTemporaryFolder();
  let workspace: PopulatedWorkspace;

  beforeEach(async () => {
    workspace = await populateWorkspace(folder());
  });

  function change(sql: string): void {
    const database = new Database(workspace.file);
    database.exec(`PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; ${sql}`);
    database.close();
  }

  const failures = async (file = workspace.file) =>
    (await verifyLedger(file))
      .filter(({ status }) => status === 'failed')
      .map(({ name, found }) => [name, found]);

  it('passes what a coordinator leaves, check by check, and changes nothing', async () => {
    const before = readdirSync(folder()).sort();
    const checks = await verifyLedger(workspace.file);
    expect(checks.map(({ name, status }) => [name, status])).toEqual(CHECKS.map((name) => [name, 'ok']));
    expect(readdirSync(folder()).sort()).toEqual(before);
  });

  it('looks for no files where the segments are not beside the ledger', async () => {
    const alone = join(folder(), 'elsewhere.sqlite');
    cpSync(workspace.file, alone);
    rmSync(workspace.segments, { recursive: true });
    const checks = await verifyLedger(alone);
    expect(checks.filter(({ status }) => status === 'skipped').map(({ name }) => name)).toEqual(
      CHECKS.slice(-3),
    );
  });

  it.each([
    ['run states', "UPDATE runs SET state = 'asleep' WHERE id = 'run-done'", /run-done is asleep/],
    ['run states', "UPDATE runs SET state = 'running' WHERE id = 'run-done'", /last event says completed/],
    ['references', "INSERT INTO checkpoints VALUES ('nobody', 0, '{\"iteration\":0}', 1)", /checkpoints/],
    [
      'tasks',
      "UPDATE tasks SET payload_hash = NULL WHERE id = 'run-done-0-0'",
      /run-done-0-0 of run run-done is consumed.* absent/,
    ],
    [
      'tasks',
      "UPDATE tasks SET state = 'outstanding', consumed_in = NULL WHERE id = 'run-done-0-0'",
      /outstanding.* there/,
    ],
    ['tasks', "UPDATE tasks SET consumed_in = 8 WHERE id = 'run-done-0-0'", /iteration 8, which the journal/],
    ['iterations', "DELETE FROM iterations WHERE run = 'run-done' AND iteration = 1", /2 rows .* 0 to 2/],
    [
      'iterations',
      'UPDATE iterations SET policy_version = 77 WHERE iteration = 2',
      /names policy version 77/,
    ],
    ['iterations', 'UPDATE iterations SET control_sequence = 1 WHERE iteration = 2', /names control event 1/],
    ['policy versions', 'DELETE FROM policy_versions WHERE version = 0', /numbered 1 to/],
    ['events', 'DELETE FROM run_events WHERE sequence = 3', /rows in run_events/],
    [
      'events',
      `INSERT INTO run_events SELECT run, 1 + (SELECT max(sequence) FROM run_events WHERE run = e.run), 0, kind, payload
         FROM run_events AS e WHERE run = 'run-failed' AND kind = 'iteration_finished'`,
      /run-failed finished iteration 0 2 times/,
    ],
    ['control events', 'UPDATE control_events SET sequence = 5 WHERE sequence = 2', /numbered 1 to 5/],
    [
      'control events',
      'UPDATE control_events SET effective_at = 1 WHERE sequence = 1',
      /took effect before iteration 1, and was asked for 9/,
    ],
    [
      'control events',
      'UPDATE control_events SET effective_at = 9 WHERE sequence = 2',
      /event 2 .* before event 1/,
    ],
    ['checkpoints', 'UPDATE checkpoints SET iteration = 9 WHERE iteration = 3', /at no boundary/],
    ['checkpoints', 'DELETE FROM policy_versions WHERE version = 3', /names policy version 3/],
    ['lineage', 'DELETE FROM ledger_facts', /no lineage/],
    ['records', `UPDATE run_events SET payload = '{"kind":"dream"}' WHERE sequence = 4`, /damaged record/],
    ['records', "UPDATE iterations SET metrics = 'x' WHERE iteration = 2", /damaged record/],
  ])('fails %s after: %s', async (name, sql, found) => {
    change(sql);
    expect(await failures()).toContainEqual([name, expect.stringMatching(found)]);
  });

  it('fails payloads that are gone, and names a segment that was cut, with the byte', async () => {
    const [first = ''] = readdirSync(workspace.segments).sort();
    const path = join(workspace.segments, first);
    truncateSync(path, statSync(path).size - 1);
    const [[name, found] = ['', '']] = await failures();
    expect(name).toBe('payloads');
    expect(found).toMatch(
      new RegExp(`^${path} ends within the record at byte \\d+; the .* is in no segment$`),
    );
  });

  it('passes a cut segment whose last record nobody was promised, and still tells of it', async () => {
    const [first = ''] = readdirSync(workspace.segments).sort();
    const path = join(workspace.segments, first);
    const size = statSync(path).size;
    writeFileSync(path, Buffer.from([9, 0, 0]), { flag: 'a' });
    const checks = await verifyLedger(workspace.file);
    expect(checks.find(({ name }) => name === 'segments')).toEqual({
      name: 'segments',
      status: 'ok',
      found: expect.stringContaining(`${path} ends within the record at byte ${size}`),
    });
  });

  it('fails a payload and a segment in which a bit flipped', async () => {
    const [first = ''] = readdirSync(workspace.segments).sort();
    const path = join(workspace.segments, first);
    flipBit(path, 8 + 40);
    expect(await failures()).toEqual([['payloads', expect.stringContaining(`${path} at byte 8`)]]);
    flipBit(path, 8);
    expect(await failures()).toContainEqual(['segments', `${path} is damaged at byte 8`]);
  });

  it('fails a checkpoint whose files are gone or other, unless it was forgotten', async () => {
    rmSync(join(folder(), 'runs/run-done/1'), { recursive: true });
    expect(await failures()).toEqual([]);
    writeFileSync(join(folder(), 'runs/run-done/3/critic/state.safetensors'), 'other');
    rmSync(join(folder(), 'runs/run-failed/1/policy'), { recursive: true });
    const [[, found] = ['', '']] = await failures();
    expect(found).toMatch(/before iteration 3 of run run-done: no file in .*critic has the sha256/);
    expect(found).toMatch(/before iteration 1 of run run-failed: .*policy cannot be read \(ENOENT\)/);
  });

  it('fails a database that is something else, at its first check', async () => {
    writeFileSync(workspace.file, 'once upon a time, '.repeat(1000));
    expect(await failures()).toEqual([
      ['database', expect.stringContaining('is damaged, or is not a ledger')],
    ]);
  });

  it('fails a file that was cut', async () => {
    truncateSync(workspace.file, Math.floor(statSync(workspace.file).size / 2));
    expect((await failures()).map(([name]) => name)).toContain('database');
  });

  it('fails a ledger of a newer schema, with the next step', async () => {
    change("INSERT INTO schema_migrations VALUES (99, 'from the future')");
    expect(await failures()).toEqual([['schema', expect.stringContaining('open it with a newer Majlis')]]);
  });

  it('refuses a file that is not there as bad input', async () => {
    await expect(verifyLedger(workspaceIn('/nowhere').file)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining('/nowhere/ledger.sqlite: found no such file'),
    });
  });
});
