/**
 * What the commands say of bad input: exit status 2 for what a person wrote wrongly, 1 for what the run does not allow;
 * one sentence that names what was found and what is allowed, and nothing asked of any run.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coordinatorFile, writeCoordinatorFile } from '../../../cli/control/coordinator-file.js';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { FakeClock } from '../../support/fake-clock.js';
import { majlis } from '../cli/majlis-process.js';

const folder = mkdtempSync(join(tmpdir(), 'majlis-control-'));
const workspace = join(folder, 'workspace.majlis');
const badRubric = join(folder, 'bad.yaml');
const newRun = { name: 'n', seed: 1, config: '{"locale":"ar-EG"}', configHash: 'c', fingerprints: {} };

async function controlEvents(): Promise<unknown[]> {
  const ledger = await openSqliteLedger(join(workspace, 'ledger.sqlite'), systemClock);
  try {
    const runs = await ledger.listRuns();
    return (await Promise.all(runs.map(({ id }) => ledger.controlEvents(id)))).flat();
  } finally {
    await ledger.close();
  }
}

beforeAll(async () => {
  mkdirSync(workspace);
  writeFileSync(badRubric, 'id: [broken\n');
  const clock = new FakeClock();
  const ledger = await openSqliteLedger(join(workspace, 'ledger.sqlite'), clock);
  for (const id of ['korean-1', 'korean-2', 'done']) {
    await ledger.createRun({ ...newRun, id });
    await clock.advance(1);
  }
  for (const id of ['korean-1', 'done']) await ledger.setRunState(id, 'running');
  await ledger.setRunState('done', 'completed');
  await ledger.close();
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const cases: [what: string, args: string[], status: number, sentence: string | RegExp][] = [
  ...['pause', 'resume', 'cancel', 'watch'].map((command): (typeof cases)[number] => [
    `an unknown run: ${command}`,
    [command, 'nope'],
    2,
    'RUN: found "nope"; allowed: a run of the workspace: done, korean-2, korean-1',
  ]),
  [
    'an unknown run to show',
    ['runs', 'show', 'nope'],
    2,
    'RUN: found "nope"; allowed: a run of the workspace: done, korean-2, korean-1',
  ],
  [
    'a run id that several runs begin with',
    ['cancel', 'korean'],
    2,
    'RUN: found "korean", with which several runs begin; allowed: one of korean-2, korean-1',
  ],
  ['an empty run id', ['cancel', ''], 2, /^RUN: found ""; allowed: a run of the workspace/],
  [
    'a run in a state that takes no cancel',
    ['cancel', 'done'],
    1,
    'run done is completed and takes no cancel; a run takes it when it is queued, running, pausing, paused, failed',
  ],
  [
    'a run that is not paused',
    ['resume', 'korean-1'],
    1,
    'run korean-1 is running and takes no resume; a run takes it when it is pausing, paused',
  ],
  [
    'a pause where nobody is at work',
    ['pause', 'korean-1'],
    1,
    'run korean-1 is running in the ledger, but no process is at work on it, so there is nothing to pause; ' +
      '"majlis run --continue korean-1" goes on with it, "majlis cancel korean-1" ends it',
  ],
  [
    'a rubric that nobody knows',
    ['rubric', 'swap', 'korean-1', 'ar-nowhere'],
    2,
    /^command line at rubric: found "ar-nowhere"; allowed: a rubric file, or one of ar-egyptian/,
  ],
  [
    'a rubric file that is broken',
    ['rubric', 'swap', 'korean-1', badRubric],
    2,
    /bad\.yaml at line \d+: found ".+"; allowed: YAML with unique keys$/,
  ],
  [
    'a rubric for another language',
    ['rubric', 'swap', 'korean-1', 'ko-haeyo'],
    2,
    'rubric ko-haeyo at locale: found "ko-KR"; allowed: a rubric for ar-EG, the locale of run korean-1',
  ],
  [
    'an iteration that is no number',
    ['rubric', 'swap', 'korean-1', 'ar-msa', '--at', 'soon'],
    2,
    '--at: found "soon"; allowed: a whole number from 0 to 4294967295',
  ],
  [
    'a rubric to go back to that never was in force',
    ['rubric', 'rollback', 'korean-1', '--to', 'abc'],
    2,
    'rollback of run korean-1 at rubric: found "abc"; allowed: one of the rubrics that were in force: none yet',
  ],
  [
    'a policy version that never was',
    ['rollback', 'korean-1', '--policy', '7'],
    2,
    'rollback of run korean-1 at policy version: found 7; allowed: a version that the run has had: none yet',
  ],
  [
    'a rollback to nowhere',
    ['rollback', 'korean-1'],
    2,
    /required option '--policy <version>' not specified/,
  ],
  [
    'a sequence that is no number',
    ['watch', 'done', '--after', '-1'],
    2,
    '--after: found "-1"; allowed: a whole number from 0 to 9007199254740991',
  ],
];

describe('a command', () => {
  it.each(cases)('refuses %s', async (_what, args, status, sentence) => {
    const done = await majlis([...args, '--workspace', workspace]);
    expect(done.stderr).toMatch(/^majlis: [^\n]+\n$/);
    const said = done.stderr.slice('majlis: '.length, -1);
    if (typeof sentence === 'string') expect(said).toBe(sentence);
    else expect(said).toMatch(sentence);
    expect(done).toMatchObject({ status, stdout: '' });
    expect(await controlEvents()).toEqual([]);
  });

  it.each([
    ['pause', 'r1'],
    ['watch', 'r1'],
    ['rubric', 'swap', 'r1', 'ar-msa'],
    ['runs', 'show', 'r1'],
  ])('refuses a folder without a ledger, and makes nothing there: %s', async (...args) => {
    const { status, stdout, stderr } = await majlis([...args, '--workspace', join(folder, 'none')]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(
      /^majlis: workspace .*none: found no ledger; allowed: a workspace that has runs; /,
    );
  });

  it('refuses a coordinator file that is damaged, naming it', async () => {
    writeFileSync(coordinatorFile(workspace), '{"address":');
    const { status, stderr } = await majlis(['runs', 'show', 'done', '--workspace', workspace]);
    rmSync(coordinatorFile(workspace));
    expect(stderr).toMatch(/^majlis: .*coordinator\.json: found .*; allowed: JSON\n$/);
    expect(status).toBe(2);
  });
});

describe('a coordinator file that was left behind', () => {
  const left = { startedAt: '2026-01-01T00:00:00.000Z', token: 't' };

  it.each([
    ['whose process is gone', 2 ** 22 + 1],
    ['whose process id another process has now', process.pid],
  ])('is not believed: one %s', async (_what, pid) => {
    await writeCoordinatorFile(workspace, { ...left, address: '127.0.0.1:1', pid });
    const { status, stdout } = await majlis(['runs', '--json', '--workspace', workspace]);
    rmSync(coordinatorFile(workspace));
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ id: 'korean-1' }, { id: 'korean-2' }, { id: 'done' }]);
  });
});
