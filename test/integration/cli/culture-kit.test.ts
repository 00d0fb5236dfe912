import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { evalOnKit, type EvalOnKitRequest } from '../../../cli/commands/reward/eval-on-kit.js';
import { trainRewardModel } from '../../../cli/commands/reward/train-reward-model.js';
import type { CommandResult, Session } from '../../../cli/commands/session.js';
import { readEnvironment } from '../../../core/config/environment.js';
import { packageRoot } from '../../../core/runtime/package-root.js';
import type { KitReport } from '../../../reward/kit/kit-report.js';
import { FakeClock } from '../../support/fake-clock.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';
import { readPage } from '../../unit/docs/pages.js';
import { majlis } from './majlis-process.js';

const folder = useTemporaryFolder();
const said: string[] = [];
const session: Session = {
  terminal: {
    isLive: false,
    print: () => undefined,
    say: (text) => said.push(text),
    redraw: () => undefined,
  },
  environment: readEnvironment({}),
  clock: new FakeClock(),
  signal: new AbortController().signal,
};

function evaluate(request: Partial<EvalOnKitRequest>): Promise<CommandResult> {
  return evalOnKit({ kit: 'ar', seed: 1, ...request }, session);
}

function write(name: string, text: string): string {
  const path = join(folder(), name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** Trains a light model on the authored pairs that the Arabic example has for a rubric, and returns its folder. */
async function trainOnExamples(rubric: string): Promise<string> {
  const lines = ['gold-pairs', 'control-pairs', 'anchors']
    .flatMap((name) =>
      readFileSync(join(packageRoot, 'examples', 'arabic', `${name}.jsonl`), 'utf8')
        .trim()
        .split('\n'),
    )
    .map((line) => JSON.parse(line) as Record<'rubric' | 'prompt' | 'better' | 'worse', string>)
    .filter((pair) => pair.rubric === rubric)
    .map(({ prompt, better, worse }) => JSON.stringify({ prompt, chosen: better, rejected: worse }));
  const preferences = write(`${rubric}.jsonl`, lines.join('\n'));
  const out = join(folder(), rubric);
  await trainRewardModel(
    { preferences, rubric, out, seed: 1, heads: 0, heldOut: 0.2, ties: 'half' },
    session,
  );
  return out;
}

function verdictsOf({ json }: CommandResult): Record<string, string> {
  return Object.fromEntries((json as KitReport).tests.map(({ test, verdict }) => [test, verdict]));
}

/** The verdicts that the manual gives for a rubric's rules. */
function documentedVerdicts(rubric: string): Record<string, string> {
  const page = readPage('docs/culture-kit.md');
  const section = page.slice(page.indexOf('## What the rules get'), page.indexOf('## What a model that'));
  const table = section.split('\n');
  const headings = table.find((line) => line.startsWith('| test')) ?? '';
  const column = headings.split('|').findIndex((heading) => heading.trim() === rubric);
  return Object.fromEntries(
    table
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map((cells) => [cells[1].replaceAll('`', ''), cells[column].split(',')[0]]),
  );
}

describe('majlis reward eval --kit', () => {
  it.each([
    ['ar', 'ar-msa', 'ar-egyptian'],
    ['ar', 'ar-egyptian', 'ar-msa'],
    ['ko', 'ko-haeyo', 'ko-hapsyo'],
    ['ko', 'ko-hapsyo', 'ko-haeyo'],
  ])(
    'finds on the %s kit of the rules of %s what the manual says, with the rules of %s for the swap',
    async (kit, rubric, other) => {
      const result = await evaluate({ kit, rubric });
      const report = result.json as KitReport;
      expect(report).toMatchObject({ model: `rules of ${rubric} 1.0.0`, swapped: `rules of ${other} 1.0.0` });
      expect(verdictsOf(result)).toEqual(documentedVerdicts(rubric));
      expect(result.exitCode).toBe(1);
      expect(result.text).toContain('not native-checked');
      expect(said.some((line) => line.includes(`kit ${kit}`) && line.includes('answers'))).toBe(true);
    },
  );

  it('prefers the register that the rubric asks for, or the one that is named', async () => {
    expect((await evaluate({ rubric: 'ar-egyptian' })).json).toMatchObject({ register: 'egyptian' });
    const named = await evaluate({ rubric: 'ar-egyptian', register: 'msa' });
    expect(verdictsOf(named)['register-degradation']).toBe('fail');
    expect(verdictsOf(named)['rubric-swap']).toBe('fail');
  });

  it('fails the swap where the same rubric stands for both', async () => {
    expect(verdictsOf(await evaluate({ rubric: 'ar-msa', swapped: 'ar-msa' }))['rubric-swap']).toBe('fail');
  });

  it('tests trained models, and finds what pairs of register and names do not teach', async () => {
    const model = await trainOnExamples('ar-msa');
    const swapped = await trainOnExamples('ar-egyptian');
    const result = await evaluate({ model, swapped });
    expect(result.json).toMatchObject({
      register: 'msa',
      model: expect.stringContaining('of ar-msa'),
      swapped: expect.stringContaining('of ar-egyptian'),
    });
    // Its pairs differ in register and in names, and in next to nothing else.
    expect(verdictsOf(result)).toMatchObject({
      'rubric-swap': 'pass',
      'register-degradation': 'pass',
      'name-invariance': 'fail',
      'yes-no': 'fail',
    });
    expect(verdictsOf(await evaluate({ model }))['rubric-swap']).toBe('not_measured');
  });

  it('writes a page without scripts that shows every test, its intervals and where a fault shows', async () => {
    const html = join(folder(), 'kit.html');
    const { json } = await evaluate({ rubric: 'ar-msa', html });
    const page = readFileSync(html, 'utf8');
    const { tests } = json as KitReport;
    for (const { test } of tests) expect(page).toContain(`<h2>${test}: `);
    const figures = tests.flatMap((test) => test.figures);
    expect(page.match(/<svg class="interval"/g)).toHaveLength(figures.length);
    expect(page).toContain('<bdi lang="ar" dir="auto">');
    expect(page).not.toMatch(/<script|https?:/);
  });

  it('shows markup in a probe as text', async () => {
    const pairs = Array.from({ length: 25 }, (_, at) =>
      JSON.stringify({
        ...{ id: `p${at}`, dimension: 'facts', topic: `t${at}`, prompt: `<img src=x> ${at}؟` },
        ...{
          better: 'plain English, which is the wrong script here',
          worse: `هذا كلام عربي سليم من عدة كلمات ${at}`,
        },
      }),
    );
    write('kit/pairs.jsonl', pairs.join('\n'));
    write(
      'kit/kit.yaml',
      'locale: ar\nversion: 1.0.0\ntitle: <b>t</b>\norigin: authored\nnativeChecked: false\nregisters: [{ name: msa, rubric: ar-msa }]\n',
    );
    const html = join(folder(), 'kit.html');
    await evaluate({ kit: join(folder(), 'kit'), rubric: 'ar-msa', html });
    const page = readFileSync(html, 'utf8');
    expect(page).toContain('&lt;img src=x&gt;');
    expect(page).toContain('&lt;b&gt;t&lt;/b&gt;');
    expect(page).not.toMatch(/<img|<b>/);
  });

  it('takes a kit of a locale that came as data', async () => {
    write(
      'locales/sw.yaml',
      'locale: sw\nscript: Latin\nregisters: {}\ngazetteer: []\nunits: { currency: TZS, calendar: gregory, timeZone: Africa/Dar_es_Salaam }\n',
    );
    const rubric = write(
      'rubrics/sw.yaml',
      'id: sw\nversion: 1.0.0\ntitle: Swahili\nlocale: sw\ncriteria:\n  - { key: script, version: 1, dimension: language_fidelity, kind: principle, weight: 1, evaluator: script-share, description: Swahili }\n',
    );
    const pairs = Array.from({ length: 30 }, (_, at) =>
      JSON.stringify({
        ...{ id: `p${at}`, dimension: 'language', topic: `t${at}`, prompt: `Habari namba ${at}?` },
        ...{ better: `Nzuri sana namba ${at}.`, worse: `좋은 소식 ${at}.` },
      }),
    );
    write('kits/sw/pairs.jsonl', pairs.join('\n'));
    write(
      'kits/sw/kit.yaml',
      'locale: sw\nversion: 0.1.0\ntitle: Kiswahili\norigin: authored\nnativeChecked: true\nregisters: [{ name: plain, rubric: sw }]\n',
    );
    const result = await evaluate({ kit: join(folder(), 'kits', 'sw'), rubric });
    expect(result.json).toMatchObject({ register: 'plain', kit: { locale: 'sw', nativeChecked: true } });
    expect(verdictsOf(result)).toMatchObject({ accuracy: 'pass', 'name-invariance': 'not_measured' });
    expect(result.text).toContain('the kit has no probes for it (names.jsonl)');
  });

  it.each([
    [{ kit: 'tlh', rubric: 'ar-msa' }, 'a folder with kit.yaml in it, or one of ar, ko'],
    [{ kit: 'ar' }, '--rubric'],
    [{ kit: 'ar', rubric: 'ar-msa', model: 'm' }, 'the folder of a reward model, or --rubric'],
    [{ kit: 'ar', model: 'no-such-folder' }, 'no-such-folder'],
    [{ kit: 'ar', rubric: 'ar-latin' }, 'ar-egyptian'],
    [{ kit: 'ar', rubric: 'ar-msa', register: 'poetry' }, 'msa, egyptian'],
  ])('refuses %p and says what is allowed', async (request, allowed) => {
    await expect(evaluate(request)).rejects.toThrow(allowed);
  });

  it('ends with one line of JSON, and status 1 where a test failed', async () => {
    const { status, stdout } = await majlis([
      'reward',
      'eval',
      '--kit',
      'ko',
      '--rubric',
      'ko-haeyo',
      '--json',
    ]);
    expect(status).toBe(1);
    const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as KitReport;
    expect(report.failed).toContain('name-invariance');
    expect(report.tests[0].figures[0].estimate).toMatchObject({ n: 170 });
  });
});
