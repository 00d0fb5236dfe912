import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../../core/runtime/clock.js';
import { systemClock } from '../../../../core/runtime/clock.js';
import { AuditLog } from '../../../../core/trust/audit-log.js';
import { readAudit } from '../../../../core/trust/read-audit.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const folder = useTemporaryFolder();
const PAUSE = {
  name: 'amina',
  role: 'researcher',
  peer: '10.0.0.7:52344',
  method: 'x/PauseRun',
  run: 'r1',
} as const;
const path = (): string => join(folder(), 'audit.jsonl');

it('adds whole lines in the order of the calls, for their owner alone', async () => {
  const clock: Clock = { ...systemClock, now: () => Date.UTC(2026, 10, 22, 15) };
  const log = new AuditLog(path(), clock);
  await Promise.all([
    log.append({ ...PAUSE, arguments: { reason: 'lunch', iteration: undefined }, outcome: 'ok' }),
    log.append({ ...PAUSE, outcome: 'failed_precondition', message: 'it is paused' }),
  ]);
  expect(readFileSync(path(), 'utf8').split('\n')).toHaveLength(3);
  expect(statSync(path()).mode & 0o777).toBe(0o600);
  const at = '2026-11-22T15:00:00.000Z';
  expect(await readAudit(path())).toEqual({
    entries: [
      { ...PAUSE, at, arguments: { reason: 'lunch' }, outcome: 'ok' },
      { ...PAUSE, at, arguments: {}, outcome: 'failed_precondition', message: 'it is paused' },
    ],
    damaged: [],
  });
});

it('keeps of a run file its sha256', async () => {
  const runFile = 'a'.repeat(300);
  await new AuditLog(path(), systemClock).append({ ...PAUSE, arguments: { runFile }, outcome: 'ok' });
  // sha256sum of 300 times the letter a.
  const digest = '9835fa6bf4e20a9b9ea812506302e98982721a6cf8d2cae67af57129bf21ae90';
  expect((await readAudit(path())).entries[0]?.arguments).toEqual({ runFile: `sha256:${digest}` });
});

it('leaves half a line of a process that died, and goes on after it', async () => {
  writeFileSync(path(), '{"at":"2026-');
  const log = new AuditLog(path(), systemClock);
  await log.append({ ...PAUSE, outcome: 'ok' });
  appendFileSync(path(), 'scribble\n');
  const { entries, damaged } = await readAudit(path());
  expect(entries).toHaveLength(1);
  expect(damaged).toEqual([1, 3]);
});

it('gives a flood of refused calls no more than 50 lines in 10 s, and tells how many more there were', async () => {
  let now = 0;
  const log = new AuditLog(path(), { ...systemClock, monotonic: () => now });
  const refused = { peer: 'x', method: 'x/GetRun', outcome: 'unauthenticated' } as const;
  for (let call = 0; call < 80; call += 1) await log.appendRefusal(refused);
  expect((await readAudit(path())).entries).toHaveLength(50);
  now = 10_000;
  await log.appendRefusal(refused);
  expect((await readAudit(path())).entries.at(-1)).toMatchObject({ skipped: 30 });
});

it('fails where the line cannot be written, and tries the next all the same', async () => {
  const log = new AuditLog(join(folder(), 'none', 'audit.jsonl'), systemClock);
  await expect(log.append({ ...PAUSE, outcome: 'ok' })).rejects.toMatchObject({
    code: 'failed_precondition',
  });
  await expect(log.append({ ...PAUSE, outcome: 'ok' })).rejects.toThrow('audit.jsonl');
});

it('is empty where nothing was asked yet', async () => {
  expect(await readAudit(path())).toEqual({ entries: [], damaged: [] });
});
