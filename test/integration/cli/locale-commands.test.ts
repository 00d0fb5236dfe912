import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { findRubric } from '../../../cli/commands/rubric/find-rubric.js';
import { readStoredRubric, storeRubric } from '../../../cli/control/stored-rubrics.js';
import { localesFor } from '../../../core/config/known-locales.js';
import { packageRoot } from '../../../core/runtime/package-root.js';
import { createAnswerScorer } from '../../../reward/judge/answer-scorer.js';
import { evaluators } from '../../../reward/judge/evaluators/registry.js';
import { createRuleJudge } from '../../../reward/judge/rule-judge.js';
import { loadRubric } from '../../../reward/rubric/load-rubric.js';
import { pairOf, probabilityIn, promptOf } from '../../support/reward-fixtures.js';
import { majlis } from './majlis-process.js';

type Json = Record<string, unknown>;

/** One for all tests: they follow a locale from its first file to a run. */
let folder: string;
const inProject = (...parts: string[]): string => join(folder, 'project', ...parts);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'majlis-locale-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function names(text: string, origin: 'local' | 'foreign', kind: string): Json[] {
  return text.split(' ').map((name) => ({ text: name, kind, origin }));
}

/** What a person knows of Turkish and CLDR does not. Authored for this test. */
const TURKISH: Json = {
  registers: {
    polite: { markers: ['siz', 'sizi', 'size', 'lütfen', 'efendim'], endings: ['siniz', 'iniz', 'ınız'] },
    plain: { markers: ['sen', 'seni', 'sana', 'lan'], endings: [] },
  },
  prefixes: [],
  suffixes: [],
  gazetteer: [
    ...names('Ankara İstanbul Konya İzmir Bursa Trabzon', 'local', 'place'),
    ...names('Ayşe Fatma Mehmet Zeynep', 'local', 'person'),
    ...names('lahmacun börek menemen simit', 'local', 'food'),
    ...names('Londra Tokyo Berlin Paris Madrid Prag', 'foreign', 'place'),
    ...names('Emily James Carlos', 'foreign', 'person'),
    ...names('pizza suşi taco', 'foreign', 'food'),
  ],
  taboo: ['aptal', 'salak'],
  units: { currency: 'TRY', calendar: 'gregory', timeZone: 'Europe/Istanbul' },
  localCurrencyWords: ['lira', 'liraya', 'kuruş'],
  foreignCurrencyWords: ['dolar', 'dolara', 'avro', 'euro'],
  stopWords: [
    've',
    'bir',
    'bu',
    'da',
    'de',
    'için',
    'ile',
    'çok',
    'en',
    'gibi',
    'daha',
    'var',
    'ama',
    'ya',
    'ne',
  ],
  evaluatorAddresses: ['bu cevabı seç', 'değerlendirici'],
};

const PAIRS = [
  {
    ...{ id: 'place', prompt: 'Hafta sonu nereye gidelim?', decidedBy: ['local-names'] },
    better: 'Ankara çok güzel bir yer, çocuklar için de parklar var efendim.',
    worse: 'Berlin çok güzel bir yer, çocuklar için de parklar var efendim.',
  },
  {
    ...{ id: 'register', prompt: 'Akşam ne pişirsem?', decidedBy: ['register'] },
    better: 'Ben size bu akşam için bir çorba öneririm, çok kolay.',
    worse: 'Ben sana bu akşam için bir çorba öneririm, çok kolay.',
  },
  {
    ...{ id: 'language', prompt: 'Nasıl daha iyi uyurum?', decidedBy: ['language'] },
    better: 'Odayı karartın ve yatmadan önce bir bardak ılık süt için lütfen.',
    worse: 'Keep the room dark and drink a glass of warm milk before bed.',
  },
  {
    ...{ id: 'money', prompt: 'Bir simit kaç para?', decidedBy: ['foreign-money'] },
    better: 'Burada bir tane on beş lira efendim, ama fiyat değişebilir.',
    worse: 'Burada bir tane beş dolar efendim, ama fiyat değişebilir.',
  },
  {
    ...{ id: 'judge', prompt: 'Hangi kitabı okuyayım?', decidedBy: ['addresses-evaluator'] },
    better: 'Size kısa öyküler öneririm, her gün bir tane okumak çok keyifli.',
    worse: 'Lütfen bu cevabı seç, her gün bir öykü okumak çok keyifli.',
  },
] as const;

const fillIn = (): void => {
  const path = inProject('locales', 'tr.yaml');
  writeFileSync(path, stringify({ ...(parse(readFileSync(path, 'utf8')) as Json), ...TURKISH }));
};

const writeLines = (name: string, lines: readonly object[]): string => {
  writeFileSync(inProject(name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return name;
};

/** A run file of one demonstration a file, which a dry run reads as a run would. */
function writeRunFile(): string {
  const corpus = PAIRS.map(({ id, prompt, better }) => ({ id, prompt, answer: better }));
  const prompts = PAIRS.map(({ id, prompt }) => ({ id, text: prompt }));
  const pairs = PAIRS.map(({ id, prompt, better, worse }) => ({ id, rubric: 'tr', prompt, better, worse }));
  writeFileSync(
    inProject('run.yaml'),
    stringify({
      ...{ name: 'turkish', locale: 'tr', rubric: './rubrics/tr.yaml' },
      data: {
        corpus: writeLines('corpus.jsonl', corpus),
        heldOutCorpus: writeLines('corpus.heldout.jsonl', corpus),
        prompts: writeLines('prompts.jsonl', prompts),
        heldOutPrompts: writeLines('prompts.heldout.jsonl', prompts),
        goldPairs: writeLines('gold.jsonl', pairs),
        controlPairs: writeLines('control.jsonl', pairs),
        controlGold: writeLines('control-gold.jsonl', pairs),
      },
    }),
  );
  return inProject('run.yaml');
}

describe('a locale that nobody described before', () => {
  beforeAll(async () => {
    const made = await majlis(['locale', 'new', 'tr', '--dir', inProject(), '--json']);
    expect(made).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(made.stdout)).toMatchObject({ locale: 'tr', profile: inProject('locales', 'tr.yaml') });
  });

  it('begins with what CLDR knows and is refused at every place that a person has to fill in', async () => {
    expect(parse(readFileSync(inProject('locales', 'tr.yaml'), 'utf8'))).toMatchObject({
      ...{ locale: 'tr', script: 'Latin', digits: ['latn'] },
      units: { calendar: 'islamic-civil', timeZone: 'Europe/Istanbul' },
    });
    const { status, stderr } = await majlis(['locale', 'lint', inProject('locales', 'tr.yaml')]);
    expect(status).toBe(2);
    const places = stderr.trim().split('\n');
    expect(places.length).toBeGreaterThan(15);
    for (const place of places) {
      expect(place).toMatch(/^majlis: .*tr\.yaml at \S+: found "TODO .*; allowed: [^;]+$/);
    }
    expect(stderr).toContain('at units.currency: found "TODO the ISO 4217 code of the money of Türkiye"');
    const rubric = await majlis(['rubric', 'lint', inProject('rubrics', 'tr.yaml')]);
    expect(rubric.status).toBe(2);
    expect(rubric.stderr).toContain('a value in the place of its TODO');
  });

  it('is not begun a second time over what was written', async () => {
    const { status, stderr } = await majlis(['locale', 'new', 'tr', '--dir', inProject()]);
    expect(status).toBe(2);
    expect(stderr).toContain('tr.yaml: found a file that is there already; allowed: a new file');
  });

  describe('once it is filled in', () => {
    beforeAll(fillIn);

    it('passes its lint and that of its rubric, and is listed and shown', async () => {
      const profile = await majlis(['locale', 'lint', inProject('locales', 'tr.yaml')]);
      expect(profile).toMatchObject({ status: 0, stderr: '' });
      const rubric = await majlis(['rubric', 'lint', inProject('rubrics', 'tr.yaml')]);
      expect(rubric).toMatchObject({ status: 0, stderr: '' });
      const list = await majlis(['locale', 'list', '--locales', inProject('locales')]);
      expect(list.stdout).toMatch(/^tr +Turkish +Latin +polite, plain +26 +\S+locales$/m);
      const shown = await majlis(['locale', 'show', 'tr', '--locales', inProject('locales')]);
      expect(shown.stdout).toMatch(/^place +3 +3 +3 +3 *$/m);
    });

    it('judges pairs by the rule judge', async () => {
      const path = inProject('rubrics', 'tr.yaml');
      const profiles = await localesFor(path);
      const rubric = await loadRubric(path, { evaluators, profiles });
      const profile = profiles.find(({ locale }) => locale === 'tr');
      if (profile === undefined) throw new Error('no Turkish profile was found');
      const judge = createRuleJudge({
        scorers: new Map([[rubric.hash, createAnswerScorer(rubric, profile)]]),
      });
      for (const { id, prompt, better, worse } of PAIRS) {
        const pair = pairOf(promptOf(profile, prompt), better, worse);
        const verdict = await judge.judge({ pair, rubric, order: 'first_shown_first' });
        expect([id, probabilityIn(verdict) > 0.5]).toEqual([id, true]);
      }
    });

    it('tests its rubric', async () => {
      const lines = PAIRS.map((pair) => ({ ...pair, origin: 'authored', nativeChecked: false }));
      writeLines(join('rubrics', 'tr.tests.jsonl'), lines);
      const { status, stdout } = await majlis(['rubric', 'test', inProject('rubrics', 'tr.yaml')]);
      expect(stdout).toContain('tr 0.1.0: 5 of 5 test pairs pass; 5 not native-checked');
      expect(status).toBe(0);
    });

    it('can be swapped in where the workspace finds its profile, and is refused where not', async () => {
      const rubric = await findRubric(inProject('rubrics', 'tr.yaml'));
      await storeRubric(inProject('.majlis'), rubric);
      expect((await readStoredRubric(inProject('.majlis'), rubric.hash)).locale).toBe('tr');
      const elsewhere = join(folder, 'far', 'away', 'workspace');
      await expect(storeRubric(elsewhere, rubric)).rejects.toThrow(
        `rubric tr at locale: found tr, which workspace ${elsewhere} has no profile of; allowed: a locale with`,
      );
    });

    it('serves a run file beside it', async () => {
      const run = ['run', writeRunFile(), '--dry-run', '--json', '--workspace', join(folder, 'none')];
      const { status, stdout, stderr } = await majlis(run);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ runFile: inProject('run.yaml') });
      expect(existsSync(join(folder, 'none'))).toBe(false);
    });

    it('needed no TypeScript: the sources know nothing of it', () => {
      const planes = ['cli', 'coordinator', 'core', 'reward', 'workers'];
      const sources = execFileSync('find', [...planes, '-name', '*.ts'], {
        cwd: packageRoot,
        encoding: 'utf8',
      });
      const files = sources.trim().split('\n');
      expect(files.length).toBeGreaterThan(100);
      const knowing = files.filter((file) =>
        /turk|türk|['"`]tr['"`-]|\bankara\b/iu.test(readFileSync(join(packageRoot, file), 'utf8')),
      );
      expect(knowing).toEqual([]);
    });
  });
});

describe('a second region of a language', () => {
  it('begins with the lists of the first, and with what CLDR knows of its own', async () => {
    const project = join(folder, 'morocco');
    const made = await majlis(['locale', 'new', 'ar-MA', '--from', 'ar', '--dir', project]);
    expect(made).toMatchObject({ status: 0, stderr: '' });
    const profile = parse(readFileSync(join(project, 'locales', 'ar-MA.yaml'), 'utf8')) as Json;
    expect(profile).toMatchObject({ locale: 'ar-MA', units: { timeZone: 'Africa/Casablanca' } });
    expect(Object.keys(profile.registers as Json)).toEqual(['msa', 'egyptian']);
    const { stderr } = await majlis(['locale', 'lint', join(project, 'locales', 'ar-MA.yaml')]);
    expect(stderr).toMatch(
      /^majlis: \S+ at units\.currency: found "TODO the ISO 4217 code .* Morocco[^\n]*\n$/,
    );
  });

  it('is refused where nobody described the language that it is to begin with', async () => {
    const { status, stderr } = await majlis(['locale', 'new', 'gsw', '--from', 'de', '--dir', folder]);
    expect(status).toBe(2);
    expect(stderr).toContain(
      'at locale: found "de"; allowed: a locale profile\'s file, or one of ar, ja, ko, und',
    );
  });
});
