import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { diffRubrics } from '../../../cli/commands/rubric/diff-rubrics.js';
import { findRubric } from '../../../cli/commands/rubric/find-rubric.js';
import { newRubric } from '../../../cli/commands/rubric/new-rubric.js';
import { rubricHistory } from '../../../cli/commands/rubric/rubric-history.js';
import { showRubric } from '../../../cli/commands/rubric/show-rubric.js';
import { swapRubric } from '../../../cli/commands/rubric/swap-rubric.js';
import { testRubric } from '../../../cli/commands/rubric/test-rubric.js';
import { OfflineRunControl } from '../../../cli/control/offline-run-control.js';
import { storeRubric } from '../../../cli/control/stored-rubrics.js';
import type { Preference } from '../../../core/domain/preference.js';
import type { Ledger } from '../../../core/ledger/ledger.js';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import { packageRoot } from '../../../core/runtime/package-root.js';
import { FakeClock } from '../../support/fake-clock.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';
import { majlis } from './majlis-process.js';

jest.setTimeout(60_000);

const folder = useTemporaryFolder();
const clock = new FakeClock();
const run = { id: 'r1', name: 'first', seed: 7, config: '{}', configHash: 'c', fingerprints: {} };
const STANDARD = 'أريد طبقا من كشري، فهذا ما يليق بيوم طويل.';
const EGYPTIAN = 'عايز طبق كشري، ده اللي يليق بيوم طويل.';
const FOREIGN = 'عايز طبق سوشي من لشبونة، ده اللي يليق بيوم طويل.';

async function inLedger(work: (ledger: Ledger) => Promise<unknown>): Promise<void> {
  const ledger = await openSqliteLedger(join(folder(), 'ledger.sqlite'), clock);
  try {
    await work(ledger);
  } finally {
    await ledger.close();
  }
}

function preference(id: string, first: string, second: string, rubricHash = 'a'): Preference {
  const prompt = { id, locale: 'ar-EG', text: 'ماذا تحب أن تأكل؟' };
  return {
    pair: { id, prompt, first, second },
    rubricHash,
    probabilityFirst: 0.5,
    weight: 1,
    excludedVerdicts: 0,
  };
}

function write(name: string, text: string): string {
  const file = join(folder(), name);
  writeFileSync(file, text);
  return file;
}

describe('majlis rubric test', () => {
  it.each(['ar-msa', 'ar-egyptian', 'ko-haeyo', 'ko-hapsyo'])(
    'passes every pair that %s comes with, and says that no native has checked them',
    async (rubric) => {
      const { json, text, exitCode } = await testRubric({ rubric });
      expect(json).toMatchObject({ rubric, failed: 0, nativeChecked: 0 });
      expect((json as { pairs: number }).pairs).toBeGreaterThanOrEqual(12);
      expect(text).toContain('not native-checked');
      expect(exitCode).toBe(0);
    },
  );

  it.each([
    ['ar-egyptian', 'ar-msa'],
    ['ar-msa', 'ar-egyptian'],
    ['ko-haeyo', 'ko-hapsyo'],
    ['ko-hapsyo', 'ko-haeyo'],
  ])('fails under %s what %s means by its register', async (rubric, other) => {
    const pairs = join(packageRoot, 'reward', 'rubrics', `${other}.tests.jsonl`);
    const { json, exitCode } = await testRubric({ rubric, pairs });
    const { results } = json as { results: { id: string; passed: boolean }[] };
    const failed = results.filter(({ passed }) => !passed).map(({ id }) => id);
    expect(failed.filter((id) => id.includes('-register-'))).toHaveLength(3);
    expect(exitCode).toBe(1);
  });

  it('says why a pair fails and which criteria decided the others', async () => {
    const line = { prompt: 'نفسك في إيه؟', origin: 'authored', nativeChecked: false };
    const lines = [
      { ...line, id: 'good', better: EGYPTIAN, worse: FOREIGN },
      { ...line, id: 'turned', better: FOREIGN, worse: EGYPTIAN },
      { ...line, id: 'even', better: EGYPTIAN, worse: EGYPTIAN },
      { ...line, id: 'else', better: EGYPTIAN, worse: FOREIGN, decidedBy: ['taboo'] },
    ];
    const pairs = write('own.jsonl', lines.map((row) => JSON.stringify(row)).join('\n'));
    const { json, text, exitCode } = await testRubric({ rubric: 'ar-egyptian', pairs });
    expect(json).toMatchObject({
      failed: 3,
      results: [
        { id: 'good', passed: true, decidedBy: [{ criterion: 'local-names' }] },
        { id: 'turned', passed: false, reason: 'the worse answer is worth more' },
        { id: 'even', passed: false, reason: 'both answers are worth the same' },
        { id: 'else', passed: false, reason: 'decided by local-names, not by taboo' },
      ],
    });
    expect(text).toMatch(/^pass {2}good .* local-names \+/m);
    expect(text).toMatch(/^FAIL {2}turned /m);
    expect(exitCode).toBe(1);
  });

  it('fails what rules cannot decide', async () => {
    const judged = write(
      'judged.yaml',
      `id: judged\nversion: 1.0.0\ntitle: Judged\nlocale: ar\ncriteria:
  - { key: warmth, version: 1, dimension: norms, kind: principle, weight: 1, evaluator: judge, description: Warm. }\n`,
    );
    write(
      'judged.tests.jsonl',
      JSON.stringify({
        id: 'a',
        prompt: 'ب',
        better: 'ت',
        worse: 'ث',
        origin: 'authored',
        nativeChecked: false,
      }),
    );
    const { json, exitCode } = await testRubric({ rubric: judged });
    expect(json).toMatchObject({
      results: [{ passed: false, reason: expect.stringContaining('a judge has to be asked') }],
    });
    expect(exitCode).toBe(1);
  });

  it('refuses a criterion that the rubric lacks, and a rubric without pairs', async () => {
    const pairs = write(
      'bad.jsonl',
      JSON.stringify({
        ...{ id: 'x', prompt: 'a', better: 'b', worse: 'c', decidedBy: ['colour'] },
        ...{ origin: 'authored', nativeChecked: false },
      }),
    );
    await expect(testRubric({ rubric: 'ar-msa', pairs })).rejects.toThrow(
      'bad.jsonl at pair x, decidedBy: found "colour"; allowed: a criterion of ar-msa: language-fidelity',
    );
    const bare = write('bare.yaml', 'id: bare\nversion: 1.0.0\nlocale: ar-EG\nextends: ar-msa\n');
    await expect(testRubric({ rubric: bare })).rejects.toThrow(
      'bare.tests.jsonl: found no such file; allowed: test pairs, one a line',
    );
  });
});

describe('majlis rubric diff', () => {
  const request = (): Parameters<typeof diffRubrics>[0] => ({
    ...{ before: 'ar-msa', after: 'ar-egyptian' },
    ...{ workspace: folder(), clock },
  });

  it('shows what flips, and why, on a file of pairs', async () => {
    const lines = [
      { id: 'variety', prompt: 'ماذا تأكل؟', first: STANDARD, second: EGYPTIAN },
      { prompt: 'ماذا تأكل؟', first: EGYPTIAN, second: FOREIGN },
    ];
    const pairs = write('pairs.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'));
    const { json, text } = await diffRubrics({ ...request(), pairs });
    expect(json).toMatchObject({
      before: { id: 'ar-msa', notCompared: [] },
      after: { id: 'ar-egyptian' },
      ...{ pairs: 2, decided: 2, flips: 1, answers: 3 },
      tau: expect.any(Number),
      criteria: expect.arrayContaining([
        expect.objectContaining({ key: 'register', change: 'changed', flips: 1 }),
      ]),
      examples: [{ pair: { id: 'variety' }, because: [{ criterion: 'register' }] }],
    });
    expect(text).toContain('flips          1 (50.0%)');
    expect(text).toContain(`is better by`);
    expect(text).toContain('because of register +');
  });

  it("compares over a run's stored pairs, each once, while another process may hold the ledger", async () => {
    await inLedger(async (ledger) => {
      await ledger.createRun(run);
      const under = (hash: string): Preference[] => [
        preference('one', STANDARD, EGYPTIAN, hash),
        preference('two', EGYPTIAN, FOREIGN, hash),
      ];
      await ledger.recordPreferences('r1', [...under('a'), ...under('b')]);
    });
    const { json } = await diffRubrics({ ...request(), run: 'r' });
    expect(json).toMatchObject({ pairs: 2, flips: 1, examples: [{ pair: { id: 'one' } }] });
  });

  it('says what it cannot compare', async () => {
    const after = write(
      'asked.yaml',
      `id: asked\nversion: 1.0.0\nlocale: ar-EG\nextends: ar-msa\ncriteria:
  - { key: warmth, version: 1, dimension: norms, kind: principle, weight: 1, evaluator: human, description: Warm. }\n`,
    );
    const pairs = write(
      'pairs.jsonl',
      JSON.stringify({ prompt: 'ماذا تأكل؟', first: STANDARD, second: EGYPTIAN }),
    );
    const { json, text } = await diffRubrics({ ...request(), after, pairs });
    expect(json).toMatchObject({ flips: 0, after: { notCompared: ['warmth'] } });
    expect(text).toContain('left out, since someone has to be asked: warmth');
  });

  it('refuses neither and both sources, a bad line, and a run without preferences', async () => {
    await expect(diffRubrics(request())).rejects.toThrow('found neither --pairs nor --run');
    await expect(diffRubrics({ ...request(), pairs: 'a', run: 'b' })).rejects.toThrow('found both');
    const pairs = write('bad.jsonl', '{"prompt": "a", "first": "b"}');
    await expect(diffRubrics({ ...request(), pairs })).rejects.toThrow(
      'bad.jsonl at line 1, second: found nothing',
    );
    await inLedger((ledger) => ledger.createRun(run));
    await expect(diffRubrics({ ...request(), run: 'r1' })).rejects.toThrow(
      'run r1: found no stored preferences',
    );
  });
});

describe('majlis rubric history', () => {
  it('tells a run’s rubrics from its start through its swaps, with pending ones', async () => {
    const [first, second] = [await findRubric('ar-msa'), await findRubric('ar-egyptian')];
    await inLedger(async (ledger) => {
      await ledger.createRun(run);
      await ledger.recordPolicyVersion('r1', { version: 0, hash: 'w', location: '/p' }, first.hash);
      await ledger.setRunState('r1', 'running');
      await ledger.requestControl('r1', { kind: 'swap_rubric', rubricHash: second.hash });
      await ledger.requestControl('r1', { kind: 'roll_back', to: { rubricHash: first.hash }, iteration: 8 });
      await ledger.stampControl('r1', [1], 4);
    });
    const { json, text } = await rubricHistory({ workspace: folder(), clock }, 'r1');
    expect(json).toMatchObject({
      run: 'r1',
      rubrics: [
        { by: 'start', from: 0, hash: first.hash, id: 'ar-msa', pending: false },
        { by: 'swap', from: 4, hash: second.hash, id: 'ar-egyptian', pending: false },
        { by: 'rollback', from: 8, hash: first.hash, id: 'ar-msa', pending: true },
      ],
    });
    expect(text).toMatch(/^8 \(pending\) +rollback +ar-msa 1\.0\.0/m);
  });

  it('lists the versions of a rubric with their parents and where they were swapped in', async () => {
    const shipped = await findRubric('ar-msa');
    const text = `id: ar-msa\nversion: 1.1.0\nlocale: ar-EG\nextends: ar-msa
parent: { id: ar-msa, version: 1.0.0, hash: ${shipped.hash} }\nwithout: [length]\n`;
    const raised = await findRubric(write('raised.yaml', text));
    await storeRubric(folder(), raised);
    await inLedger(async (ledger) => {
      await ledger.createRun(run);
      await ledger.requestControl('r1', { kind: 'swap_rubric', rubricHash: raised.hash });
    });
    const { json, text: told } = await rubricHistory({ workspace: folder(), clock }, 'ar-msa');
    expect(json).toMatchObject({
      id: 'ar-msa',
      versions: [
        { version: '1.0.0', hash: shipped.hash, uses: [] },
        {
          ...{ version: '1.1.0', hash: raised.hash },
          parent: { version: '1.0.0', hash: shipped.hash },
          uses: [{ run: 'r1', by: 'swap', pending: true }],
        },
      ],
    });
    expect(told).toContain('r1 from the next boundary (swap, pending)');
  });

  it('refuses a name that is neither, with those there are', async () => {
    await expect(rubricHistory({ workspace: folder(), clock }, 'zz')).rejects.toThrow(
      /found "zz"; allowed: a rubric \(ar-egyptian, ar-msa, .*\) or a run/,
    );
  });
});

describe('majlis rubric swap', () => {
  const old = (status: string): string =>
    write('old.yaml', `id: old\nversion: 1.0.0\nlocale: ar-EG\nstatus: ${status}\nextends: ar-msa\n`);
  const terminal = { say: (): void => undefined };
  const place = (): Parameters<typeof swapRubric>[0] => ({ workspace: folder(), run: 'r1', clock, terminal });

  beforeEach(() => inLedger((ledger) => ledger.createRun({ ...run, config: '{"locale":"ar-EG"}' })));

  it('asks for no rubric that was retired', async () => {
    await expect(swapRubric(place(), { rubric: old('retired') })).rejects.toThrow(
      'rubric old at status: found "retired"; allowed: a draft, shadow or active rubric',
    );
    await inLedger(async (ledger) => expect(await ledger.controlEvents('r1')).toEqual([]));
  });

  it('knows by its hash, too, a rubric that was retired after it had been swapped in', async () => {
    await swapRubric(place(), { rubric: old('active') });
    const { hash } = await findRubric(old('retired'));
    await expect(swapRubric(place(), { rubric: old('retired') })).rejects.toThrow('"retired"');
    const ledger = await openSqliteLedger(join(folder(), 'ledger.sqlite'), clock);
    const control = new OfflineRunControl(ledger, { workspace: folder(), clock });
    await expect(control.swapRubric('r1', { rubric: hash })).rejects.toThrow('"retired"');
    expect(await ledger.controlEvents('r1')).toHaveLength(1);
    await control.close();
  });
});

describe('majlis rubric, from a shell', () => {
  it('writes, checks, tries and compares with its exit status', async () => {
    const out = join(folder(), 'mine.yaml');
    const made = await majlis([
      'rubric',
      'new',
      'mine',
      '--locale',
      'ar-EG',
      '--extends',
      'ar-msa',
      '--out',
      out,
    ]);
    expect(made).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining(`wrote ${out}: a draft`),
    });
    const untested = await majlis(['rubric', 'test', out]);
    expect(untested).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('mine.tests.jsonl: found no such file'),
    });
    const pairs = join(packageRoot, 'reward', 'rubrics', 'ar-egyptian.tests.jsonl');
    const tested = await majlis(['rubric', 'test', out, '--pairs', pairs, '--json']);
    expect(tested.status).toBe(1);
    expect(JSON.parse(tested.stdout)).toMatchObject({ rubric: 'mine', pairs: 16 });
    const line = JSON.stringify({ prompt: 'ماذا تأكل؟', first: STANDARD, second: EGYPTIAN });
    const compared = await majlis([
      'rubric',
      'diff',
      'ar-egyptian',
      out,
      '--pairs',
      write('one.jsonl', line),
      '--json',
    ]);
    expect(compared.status).toBe(0);
    expect(JSON.parse(compared.stdout)).toMatchObject({ pairs: 1, flips: 1 });
    const history = await majlis(['rubric', 'history', out, '--workspace', folder()]);
    expect(history).toMatchObject({ status: 0, stdout: expect.stringMatching(/0\.1\.0 .* draft/) });
  });
});

describe('majlis rubric show', () => {
  it('tells among which readers a criterion may differ', async () => {
    const text = `id: split\nversion: 1.0.0\nlocale: ar-EG\nextends: ar-msa
criteria:
  - key: local-names
    groups: { subregion: [Delta, Upper Egypt], ageBand: [18-25] }
`;
    const { text: shown } = await showRubric(write('split.yaml', text));
    expect(shown.split('\n').filter((line) => line.includes('may differ'))).toEqual([
      'local-names may differ among readers by subregion Delta, Upper Egypt; ageBand 18-25',
    ]);
    expect((await showRubric('ar-msa')).text).not.toContain('may differ');
  });
});

describe('majlis rubric new', () => {
  it.each(['ar-EG', 'ko-KR'])(
    'writes a draft for %s that loads, and leaves out what its profile cannot serve',
    async (locale) => {
      const out = join(folder(), 'mine.yaml');
      await newRubric({ id: 'mine', locale, out });
      const rubric = await findRubric(out);
      expect(rubric).toMatchObject({ id: 'mine', locale, status: 'draft', version: '0.1.0' });
      expect(rubric.criteria.map(({ key }) => key)).toEqual(
        expect.arrayContaining(['local-names', 'no-answer']),
      );
      expect((await showRubric(out)).text).toContain('draft, not native-checked');
    },
  );

  it('writes one that stands on another and differs in nothing yet', async () => {
    const out = join(folder(), 'mine.yaml');
    await newRubric({ id: 'mine', locale: 'ar-EG', base: 'ar-egyptian', out });
    const [mine, base] = [await findRubric(out), await findRubric('ar-egyptian')];
    expect(mine.criteria).toEqual(base.criteria);
    const second = join(folder(), 'second.yaml');
    await newRubric({ id: 'second', locale: 'ar-EG', base: out, out: second });
    expect(readFileSync(second, 'utf8')).toContain('extends: mine.yaml');
    expect((await findRubric(second)).criteria).toEqual(base.criteria);
  });

  it('keeps a file that is there, and leaves none behind when it refuses', async () => {
    const out = write('mine.yaml', 'precious');
    await expect(newRubric({ id: 'mine', locale: 'ar-EG', out })).rejects.toMatchObject({
      code: 'already_exists',
    });
    expect(readFileSync(out, 'utf8')).toBe('precious');
    const fresh = join(folder(), 'fresh.yaml');
    await expect(newRubric({ id: 'Mine!', locale: 'ar-EG', out: fresh })).rejects.toThrow(
      'at ID: found "Mine!"',
    );
    await expect(newRubric({ id: 'mine', locale: 'xx', out: fresh })).rejects.toThrow(
      'a locale with a profile',
    );
    await expect(newRubric({ id: 'mine', locale: 'ar', base: 'none', out: fresh })).rejects.toThrow('"none"');
    expect(existsSync(fresh)).toBe(false);
  });
});
