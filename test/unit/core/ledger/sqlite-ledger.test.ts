import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'libsql';
import type { Ledger } from '../../../../core/ledger/ledger.js';
import { openSqliteLedger } from '../../../../core/ledger/sqlite-ledger.js';
import { compiledModule } from '../../../../core/runtime/package-root.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const newRun = { id: 'r', name: 'n', seed: 1, config: '{}', configHash: 'c', fingerprints: {} };

describe('the SQLite ledger', () => {
  const folder = useTemporaryFolder();
  const path = (): string => join(folder(), 'ledger.db');
  const opened: Ledger[] = [];

  async function open(): Promise<Ledger> {
    const ledger = await openSqliteLedger(path(), new FakeClock());
    opened.push(ledger);
    return ledger;
  }

  afterEach(async () => {
    for (const ledger of opened.splice(0)) await ledger.close();
  });

  it('gives back what was stored after it is closed and opened again', async () => {
    const first = await open();
    await first.createRun(newRun);
    await first.issueTasks('r', [{ id: 't', iteration: 0, issue: 1, deadlineMs: 5 }]);
    await first.acceptResults('r', [{ taskId: 't', iteration: 0, payloadHash: 'p' }]);
    await first.close();
    const second = await open();
    expect(await second.getRun('r')).toMatchObject(newRun);
    expect(await second.results('r', 0)).toEqual([{ taskId: 't', iteration: 0, payloadHash: 'p' }]);
  });

  it('leaves everything in one file when it is closed', async () => {
    const ledger = await open();
    await ledger.createRun(newRun);
    await ledger.close();
    expect(statSync(`${path()}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
  });

  it('refuses a second open in one sentence that names the file, and the first goes on', async () => {
    const ledger = await open();
    await expect(open()).rejects.toMatchObject({
      code: 'failed_precondition',
      reason: 'held',
      message: `ledger file ${path()} is already open; stop the run that uses it or choose another file`,
    });
    await ledger.createRun(newRun);
    expect(await ledger.getRun('r')).toBeDefined();
  });

  it('refuses a second open from another process', async () => {
    await open();
    const module = JSON.stringify(compiledModule('core/ledger/sqlite-ledger'));
    const script = `require(${module}).openSqliteLedger(process.argv[1], {now: () => 0})
      .then(() => console.log('opened'), (error) => console.log(error.code))`;
    const child = spawn(process.execPath, ['-e', script, path()], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (data: Buffer) => (said += data.toString()));
    await once(child, 'close');
    expect(said.trim()).toBe('failed_precondition');
  });

  it('refuses a ledger of a newer schema, and leaves it as it is', async () => {
    await (await open()).close();
    const database = new Database(path());
    database.exec("INSERT INTO schema_migrations VALUES (999, 'from the future')");
    database.close();
    await expect(open()).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining(`${path()} has schema 999`),
    });
  });

  it.each([
    ['a text file', () => 'once upon a time, '.repeat(100), 'data_loss'],
    ['a file of zeros', () => Buffer.alloc(8192), 'data_loss'],
  ])('refuses %s, and leaves its bytes as they are', async (_name, content, code) => {
    writeFileSync(path(), content());
    const before = readFileSync(path());
    await expect(open()).rejects.toMatchObject({ code, message: expect.stringContaining(path()) });
    expect(readFileSync(path()).equals(before)).toBe(true);
  });

  it("refuses somebody else's database, and leaves its bytes as they are", async () => {
    const other = new Database(path());
    other.exec('CREATE TABLE customers (name TEXT)');
    other.close();
    const before = readFileSync(path());
    await expect(open()).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('not a Majlis ledger'),
    });
    expect(readFileSync(path()).equals(before)).toBe(true);
  });

  it('refuses a path whose folder does not exist, naming it', async () => {
    const lost = join(folder(), 'nowhere', 'ledger.db');
    await expect(openSqliteLedger(lost, new FakeClock())).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining(lost),
    });
  });

  it('tells a record that was damaged, and still serves the others', async () => {
    const first = await open();
    await first.createRun(newRun);
    await first.requestControl('r', { kind: 'cancel', iteration: 1 });
    await first.close();
    const database = new Database(path());
    database.exec(`UPDATE control_events SET event = '{"kind":"unheard of"}'`);
    database.close();
    const second = await open();
    await expect(second.controlEvents('r')).rejects.toMatchObject({
      code: 'data_loss',
      message: expect.stringContaining(path()),
    });
    expect(await second.getRun('r')).toBeDefined();
  });

  it('has every result that was acknowledged before a kill -9', async () => {
    const writer = startWriter(path());
    const acknowledged: string[] = [];
    for await (const line of createInterface(writer.stdout)) acknowledged.push(line);
    if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
    expect(writer.signalCode).toBe('SIGKILL');
    const ledger = await open();
    const stored = new Set((await ledger.results('r', 0)).map(({ taskId }) => taskId));
    expect(acknowledged).toHaveLength(500);
    expect(acknowledged.filter((taskId) => !stored.has(taskId))).toEqual([]);
    const outstanding = await ledger.outstandingTasks('r');
    expect(outstanding.length).toBeGreaterThan(0);
    expect(stored.size + outstanding.length).toBe(100_000);
  });
});

/**
 * A process that accepts results, 16 at a time, writes each acknowledged task id to stdout, and kills itself at the
 * 500th, in the very turn that saw the acknowledgement: an answer that ran ahead of its commit has no time left.
 */
function startWriter(path: string) {
  const module = JSON.stringify(compiledModule('core/ledger/sqlite-ledger'));
  const script = `
    const { writeSync } = require('node:fs');
    (async () => {
      const ledger = await require(${module}).openSqliteLedger(process.argv[1], { now: () => 0 });
      await ledger.createRun(${JSON.stringify(newRun)});
      const ids = Array.from({ length: 100000 }, (_, index) => 't' + index);
      await ledger.issueTasks('r', ids.map((id) => ({ id, iteration: 0, issue: 1, deadlineMs: 5 })));
      let acknowledged = 0;
      const work = async () => {
        for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
          await ledger.acceptResults('r', [{ taskId: id, iteration: 0, payloadHash: 'p' }]);
          writeSync(1, id + '\\n');
          acknowledged += 1;
          if (acknowledged === 500) process.kill(process.pid, 'SIGKILL');
        }
      };
      await Promise.all(Array.from({ length: 16 }, work));
    })();`;
  return spawn(process.execPath, ['-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
}
