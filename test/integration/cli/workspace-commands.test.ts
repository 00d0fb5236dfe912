import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { exportPreferences, type ExportRequest } from '../../../cli/commands/export/export-preferences.js';
import { checkLedger } from '../../../cli/commands/doctor/check-workspace.js';
import { findRubric } from '../../../cli/commands/rubric/find-rubric.js';
import { swapRubric } from '../../../cli/commands/rubric/swap-rubric.js';
import { listRuns } from '../../../cli/commands/runs/list-runs.js';
import { showRun } from '../../../cli/commands/runs/show-run.js';
import { readStoredRubric, rubricForSwap } from '../../../cli/control/stored-rubrics.js';
import { readRows } from '../../../core/config/read-rows.js';
import type { Preference } from '../../../core/domain/preference.js';
import type { IterationEnd, Ledger } from '../../../core/ledger/ledger.js';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import type { Clock } from '../../../core/runtime/clock.js';
import { readPreferences } from '../../../reward/model/read-preferences.js';
import { FakeClock } from '../../support/fake-clock.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

const folder = useTemporaryFolder();
const clock = new FakeClock();
const run = {
  id: 'r1',
  name: 'first',
  seed: 7,
  config: '{"locale":"ar"}',
  configHash: 'config-hash',
  fingerprints: {},
};

/** A clock on which every sleep is over at once. */
function hastyClock(): Clock {
  let elapsed = 0;
  const sleep = async (milliseconds: number): Promise<void> => {
    elapsed += milliseconds;
  };
  const alarm = clock.alarm.bind(clock);
  return { now: () => clock.now() + elapsed, monotonic: () => elapsed, sleep, alarm };
}

async function inLedger<Value>(work: (ledger: Ledger) => Promise<Value>): Promise<Value> {
  const ledger = await openSqliteLedger(join(folder(), 'ledger.sqlite'), clock);
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

function iterationOf(iteration: number, metrics: Record<string, number>): IterationEnd {
  const hashes = { rubricHash: 'rubric', rewardModelHash: 'reward', inputsHash: 'inputs' };
  const record = { iteration, policyVersion: iteration, ...hashes, controlSequence: 0, metrics };
  const policy = { version: 0, hash: 'w0', location: '/p/0', rubricHash: 'rubric' };
  return { record, consumed: [], policy };
}

function preferenceOf(id: string, probabilityFirst: number): Preference {
  const prompt = { id: 'p', locale: 'ar', text: 'سؤال "مهم"\nوسطر' };
  return {
    pair: { id, prompt, first: `${id} first`, second: `${id} second` },
    rubricHash: 'rubric',
    probabilityFirst,
    weight: 0.5,
    excludedVerdicts: 0,
  };
}

describe('majlis runs', () => {
  it('lists none, and makes no ledger, where there is no workspace', async () => {
    const result = await listRuns({ workspace: join(folder(), 'none'), clock });
    expect(result.json).toEqual([]);
    expect(result.text).toContain('majlis quickstart');
  });

  it('lists runs with how far they are and their last figures', async () => {
    await inLedger(async (ledger) => {
      await ledger.createRun(run);
      await ledger.completeIteration('r1', iterationOf(0, { 'objective/kl': 0.5 }));
      await ledger.completeIteration(
        'r1',
        iterationOf(1, { 'objective/kl': 1.23456, 'objective/scores': NaN }),
      );
    });
    const { json, text } = await listRuns({ workspace: folder(), clock });
    expect(json).toEqual([
      {
        id: 'r1',
        name: 'first',
        state: 'queued',
        seed: 7,
        createdAtMs: clock.now(),
        iterations: 2,
        lastMetrics: { 'objective/kl': 1.23456, 'objective/scores': 'NaN' },
      },
    ]);
    expect(text.split('\n')[1]).toMatch(/^r1 +first +queued +7 +2 +NaN +1\.235 +2026-01-01T/);
  });

  it('shows one run with its iterations, policies and what was asked of it', async () => {
    await inLedger(async (ledger) => {
      await ledger.createRun(run);
      await ledger.completeIteration('r1', iterationOf(0, { 'objective/scores': 0.25 }));
      await ledger.recordPolicyVersion('r1', { version: 0, hash: 'w0', location: '/p/0' }, 'rubric');
      await ledger.requestControl('r1', { kind: 'swap_rubric', rubricHash: 'next', iteration: 4 });
      await ledger.recordPreferences('r1', [preferenceOf('a', 0.9)]);
      await ledger.setRunState('r1', 'failed', 'the disk was full');
    });
    const { json, text } = await showRun({ workspace: folder(), run: 'r', clock });
    expect(json).toMatchObject({
      id: 'r1',
      config: { locale: 'ar' },
      iterations: [{ iteration: 0, metrics: { 'objective/scores': 0.25 } }],
      policyVersions: [{ version: 0, hash: 'w0' }],
      controlEvents: [{ sequence: 1, event: { kind: 'swap_rubric', iteration: 4 } }],
      preferences: 1,
    });
    expect(text).toContain('failed: the disk was full');
    expect(text).toContain('swap to rubric next at iteration 4');
  });

  it('says how far each is when none has begun', async () => {
    await inLedger((ledger) => ledger.createRun(run));
    const { json, text } = await listRuns({ workspace: folder(), clock });
    expect(json).toMatchObject([{ id: 'r1', iterations: 0 }]);
    expect(text.split('\n')[1]).toMatch(/^r1 +first +queued +7 +0 +- +- /);
  });
});

describe('majlis rubric swap', () => {
  const rubric = 'ar-egyptian';
  const said: string[] = [];
  const terminal = { say: (text: string): void => void said.push(text) };
  const place = (): Parameters<typeof swapRubric>[0] => ({ workspace: folder(), run: 'r1', clock, terminal });

  it('waits in the ledger of a run that nobody is at work on, and says what takes it up', async () => {
    await inLedger((ledger) => ledger.createRun(run));
    const { json, text } = await swapRubric(place(), { rubric });
    // No judge of this run is known to be asked, so there is no cost to tell of.
    expect(said).toEqual([]);
    expect(text).toMatch(
      /^ar-egyptian .* for r1: swap to rubric .*; no process is at work on it, "majlis run --continue r1"/,
    );
    expect(json).toMatchObject({ run: 'r1', state: 'queued', sequence: 1, rubric, atWork: false });
    const events = await inLedger((ledger) => ledger.controlEvents('r1'));
    expect(events).toEqual([
      { sequence: 1, event: { kind: 'swap_rubric', rubricHash: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    ]);
  });

  it('is recorded for the iteration that it names', async () => {
    await inLedger((ledger) => ledger.createRun(run));
    await swapRubric(place(), { rubric, iteration: 9 });
    const events = await inLedger((ledger) => ledger.controlEvents('r1'));
    expect(events).toMatchObject([{ event: { iteration: 9 } }]);
  });

  it('keeps the content of a rubric file, so that the run finds it by hash when the file is gone', async () => {
    await inLedger((ledger) => ledger.createRun(run));
    const shipped = await findRubric(rubric);
    const file = join(folder(), 'own.yaml');
    writeFileSync(file, JSON.stringify({ ...shipped, id: 'own', hash: undefined }));
    const { json } = await swapRubric(place(), { rubric: file });
    rmSync(file);
    const { rubricHash } = json as { rubricHash: string };
    expect(rubricHash).not.toBe(shipped.hash);
    expect(await readStoredRubric(folder(), rubricHash)).toEqual({ ...shipped, id: 'own', hash: rubricHash });
  });

  it('finds no rubric by hash that was not stored, and none that was changed since', async () => {
    const hash = 'a'.repeat(64);
    await expect(readStoredRubric(folder(), hash)).rejects.toMatchObject({ code: 'invalid_argument' });
    const { hash: real } = await rubricForSwap(folder(), rubric);
    const path = join(folder(), 'rubrics', `${real}.json`);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"id": "ar-egyptian"', '"id": "ar-other"'));
    await expect(readStoredRubric(folder(), real)).rejects.toMatchObject({ code: 'data_loss' });
  });

  it('gives up after a while where a process holds the ledger in silence, which goes on unharmed', async () => {
    await inLedger(async (ledger) => {
      await ledger.createRun(run);
      await expect(swapRubric({ ...place(), clock: hastyClock() }, { rubric })).rejects.toMatchObject({
        code: 'failed_precondition',
        message: expect.stringMatching(
          /^a process that serves no run control holds .*ledger\.sqlite; ask again/,
        ),
      });
      expect(await ledger.controlEvents('r1')).toEqual([]);
    });
  });
});

describe('majlis export', () => {
  const request = (name: string, changes: Partial<ExportRequest> = {}): ExportRequest => ({
    ...{ workspace: folder(), run: 'r1', out: join(folder(), 'new', name) },
    ...{ format: 'standard', hasMargin: false, hasTies: false, ...changes },
  });
  const record = (...probabilities: readonly number[]): Promise<void> =>
    inLedger(async (ledger) => {
      if ((await ledger.getRun('r1')) === undefined) await ledger.createRun(run);
      const ids = 'abc'.split('').slice(0, probabilities.length);
      await ledger.recordPreferences(
        'r1',
        ids.map((id, at) => preferenceOf(id, probabilities[at])),
      );
    });
  const asked = 'سؤال "مهم"\nوسطر';

  it("writes every preference as a line that is JSON, in the ledger's order", async () => {
    await record(0.9, 0.2);
    const wanted = request('pairs.jsonl');
    const { json } = await exportPreferences(wanted, clock);
    expect(json).toEqual({ run: 'r1', file: wanted.out, format: 'standard', preferences: 2, tiesLeftOut: 0 });
    const lines = readFileSync(wanted.out, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        prompt: asked,
        chosen: 'a first',
        rejected: 'a second',
        probability: 0.9,
        weight: 0.5,
        locale: 'ar',
        rubric_hash: 'rubric',
      },
      expect.objectContaining({ chosen: 'b second', rejected: 'b first', probability: 0.8 }),
    ]);
  });

  it('leaves even pairs out and counts them, or writes them where they are asked for', async () => {
    await record(0.9, 0.5, 0.2);
    const { json, text } = await exportPreferences(request('pairs.jsonl'), clock);
    expect(json).toMatchObject({ preferences: 2, tiesLeftOut: 1 });
    expect(text).toContain('; 1 even pair left out, --ties keeps them');
    const all = request('all.jsonl', { hasTies: true });
    expect((await exportPreferences(all, clock)).json).toMatchObject({ preferences: 3, tiesLeftOut: 0 });
    const pairs = await readPreferences(all.out, { locale: 'ar' });
    expect(pairs.map(({ probabilityFirst }) => probabilityFirst)).toEqual([0.9, 0.5, 0.8]);
  });

  it('says so where all pairs are even', async () => {
    await record(0.5, 0.5);
    await expect(exportPreferences(request('pairs.jsonl'), clock)).rejects.toThrow(
      'run r1 has 2 preferences, all of them even (--ties writes them), so there is nothing to export',
    );
  });

  it.each(['standard', 'conversational'] as const)(
    'writes the same %s rows as Parquet and as lines, and reads them again',
    async (format) => {
      await record(0.9, 0.2);
      const schema = z.looseObject({ prompt: z.unknown() });
      const files = ['pairs.jsonl', 'pairs.parquet'].map((name) =>
        request(name, { format, hasMargin: true }),
      );
      for (const one of files) await exportPreferences(one, clock);
      const [lines, rows] = await Promise.all(files.map(({ out }) => readRows(out, schema)));
      expect(rows).toEqual(lines);
      expect(lines[0]).toEqual({
        prompt: format === 'standard' ? asked : [{ role: 'user', content: asked }],
        chosen: format === 'standard' ? 'a first' : [{ role: 'assistant', content: 'a first' }],
        rejected: format === 'standard' ? 'a second' : [{ role: 'assistant', content: 'a second' }],
        margin: 0.8,
        ...{ probability: 0.9, weight: 0.5, locale: 'ar', rubric_hash: 'rubric' },
      });
      const [first, second] = await readPreferences(files[1].out, { locale: 'ko' });
      expect(first).toMatchObject({ first: 'a first', second: 'a second', probabilityFirst: 0.9 });
      expect(second).toMatchObject({ first: 'b second', probabilityFirst: 0.8, prompt: { locale: 'ar' } });
    },
  );

  it('refuses a run without preferences and a place that cannot be written', async () => {
    await inLedger((ledger) => ledger.createRun(run));
    const taken = request('pairs.jsonl', { out: join(folder(), 'taken') });
    await expect(exportPreferences(taken, clock)).rejects.toThrow('no preferences');
    await record(0.9);
    mkdirSync(taken.out);
    await expect(exportPreferences(taken, clock)).rejects.toThrow(/taken cannot be written .*EISDIR/);
  });
});

describe('majlis doctor', () => {
  it('tells the schema of a ledger, and that one is in use', async () => {
    await inLedger(async () => {
      expect(checkLedger(folder())).toMatchObject({ status: 'warn', found: 'in use' });
    });
    expect(checkLedger(folder())).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('has schema 3'),
    });
  });
});
