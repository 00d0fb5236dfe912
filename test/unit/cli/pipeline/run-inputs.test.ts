import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPrompts } from '../../../../cli/pipeline/read-prompts.js';
import { readRunInputs } from '../../../../cli/pipeline/run-inputs.js';
import { loadRunRubrics, membersOf, rubricsAfter } from '../../../../cli/pipeline/run-rubrics.js';
import { chatmlFiles, writeDirectory } from '../../../support/hugging-face-directory.js';

const FIXTURES = join(__dirname, '..', '..', '..', 'fixtures', 'parquet');
const folder = mkdtempSync(join(tmpdir(), 'run-inputs-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

type Line = Readonly<Record<string, unknown>>;

function written(name: string, lines: readonly Line[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

/** An entry of a run file over one prompt, whose id and locale are as given. */
function entry(locale: string, rubric: string, prompt: Line = {}): Line {
  const name = `${locale}-${rubric}`;
  const corpus = written(`${name}-corpus.jsonl`, [{ id: `${name} c`, prompt: 'p', answer: 'a' }]);
  const prompts = written(`${name}-prompts.jsonl`, [{ id: `${name} p`, text: 'p', ...prompt }]);
  const pair = { id: `${name} g`, rubric, prompt: 'p', better: 'a', worse: 'b' };
  const pairs = written(`${name}-pairs.jsonl`, [pair]);
  const data = {
    ...{ corpus, heldOutCorpus: corpus, prompts, heldOutPrompts: prompts },
    ...{ goldPairs: pairs, controlPairs: pairs, controlGold: pairs },
  };
  return { locale, rubric, data };
}

function runFile(locales: readonly Line[], changes: Line = {}): string {
  return written('run.yaml', [{ name: 'run', locales, ...changes }]);
}

describe('readPrompts', () => {
  it('keeps the region that a line names, and gives the run’s locale to the others', async () => {
    const path = written('prompts.jsonl', [
      { id: 'a', text: 'سؤال', locale: 'ar-EG', category: 'food' },
      { id: 'b', text: 'سؤال آخر' },
      { id: 'c', text: 'سؤال ثالث', locale: 'AR' },
    ]);
    expect((await readPrompts(path, ['ar'])).map(({ locale }) => locale)).toEqual(['ar-EG', 'ar', 'ar']);
  });

  it('reads Parquet as datasets write it, whose nulls are nothing', async () => {
    const prompts = await readPrompts(join(FIXTURES, 'prompts.zstd.parquet'), ['ar']);
    expect(prompts.slice(0, 2)).toEqual([
      { id: 'p0', text: 'ما عاصمة مصر؟', locale: 'ar', category: 'geography' },
      { id: 'p1', text: 'صف طبق الكشري.', locale: 'ar' },
    ]);
    expect(prompts).toHaveLength(5);
  });
});

describe('the model directory that a run begins with', () => {
  it.each([
    ['config.json', /found no config\.json; allowed: a Hugging Face directory/],
    ['tokenizer.json', /found no tokenizer\.json/],
    ['chat_template.jinja', /found no chat template/],
  ])('is refused without %s before anything is started', async (lacking, said) => {
    const directory = join(folder, `without-${lacking}`);
    mkdirSync(directory);
    const files = {
      ...chatmlFiles(),
      'config.json': { model_type: 'gpt2', vocab_size: 100_000 },
      'model.safetensors': {},
    };
    await writeDirectory(directory, files);
    rmSync(join(directory, lacking));
    const path = runFile([entry('ar', 'ar-msa'), entry('ko', 'ko-haeyo')], { model: { directory } });
    await expect(readRunInputs(path)).rejects.toThrow(said);
  });

  it.each([
    [
      'trainer',
      {},
      /at trainer: found none, and model\.directory is a qwen3; allowed: trainer: \{ torch: \{\} \}/,
    ],
    ['engine', { trainer: { torch: {} } }, /at engine: found none, .*; allowed: engine: \{ openai: \{\} \}/],
  ])('is refused where this process would have to be its %s', async (lacking, keys, said) => {
    const directory = join(folder, `qwen3-without-${lacking}`);
    mkdirSync(directory);
    const files = { ...chatmlFiles(), 'config.json': { model_type: 'qwen3', vocab_size: 100_000 } };
    await writeDirectory(directory, { ...files, 'model.safetensors': {} });
    const path = runFile([entry('ar', 'ar-msa'), entry('ko', 'ko-haeyo')], { model: { directory }, ...keys });
    await expect(readRunInputs(path)).rejects.toThrow(said);
  });
});

describe('the inputs of a run on several locales', () => {
  it('are the files of its entries one after the other, with the profile and the canaries of each', async () => {
    const path = runFile([entry('ar-EG', 'ar-msa'), entry('ko', 'ko-haeyo', { locale: 'ko-KR' })]);
    const inputs = await readRunInputs(path);
    expect(inputs.prompts.map(({ id, locale }) => [id, locale])).toEqual([
      ['ar-EG-ar-msa p', 'ar-EG'],
      ['ko-ko-haeyo p', 'ko-KR'],
    ]);
    expect(inputs.goldPairs.map(({ rubric }) => rubric)).toEqual(['ar-msa', 'ko-haeyo']);
    expect(inputs.locales.map(({ locale, profile }) => [locale, profile.locale])).toEqual([
      ['ar-EG', 'ar'],
      ['ko', 'ko'],
    ]);
    expect(inputs.locales[0].canaries).not.toEqual(inputs.locales[1].canaries);
  });

  it('have a swap replace the rubric of its locale alone', async () => {
    const swap = { rubric: 'ar-egyptian', iteration: 3 };
    const path = runFile([entry('ko', 'ko-haeyo'), entry('ar', 'ar-msa')], { swap });
    const rubrics = await loadRunRubrics(path, await readRunInputs(path));
    expect(membersOf(rubrics).map(({ locale, rubric }) => [locale, rubric.id])).toEqual([
      ['ar', 'ar-msa'],
      ['ko', 'ko-haeyo'],
      ['ar', 'ar-egyptian'],
    ]);
    const after = rubricsAfter('swapped', rubrics);
    expect(after.members.map(({ rubric }) => rubric.id)).toEqual(['ar-egyptian', 'ko-haeyo']);
    expect(rubricsAfter('rubricA', rubrics)).toBe(rubrics.first);
  });

  it.each([
    [
      'a prompt in a locale that its entry does not serve',
      () => [entry('ar', 'ar-msa'), entry('ko', 'ko-haeyo', { locale: 'ar' })],
      /ko-ko-haeyo-prompts\.jsonl at line 1, locale: found "ar"; allowed: ko, the run's locale, or a tag under it$/,
    ],
    [
      'one prompt id in two files',
      () => [entry('ar', 'ar-msa', { id: 'p' }), entry('ko', 'ko-haeyo', { id: 'p' })],
      /run\.yaml at data\.prompts: found the id "p" in the files of two locales; allowed: an id once over all/,
    ],
    [
      'a locale without a profile',
      () => [entry('ar', 'ar-msa'), entry('fi', 'und')],
      /run\.yaml at locales\[1\]\.locale: found "fi"; allowed: a locale with a profile: ar, /,
    ],
    [
      'a rubric of another locale',
      () => [entry('ar', 'ar-msa'), entry('ko', 'ja')],
      /rubric ja at locale: found "ja-JP"; allowed: a rubric for ko, the locale that it is to judge$/,
    ],
  ])('refuse %s', async (_case, locales, sentence) => {
    const path = runFile(locales());
    await expect(readRunInputs(path).then((inputs) => loadRunRubrics(path, inputs))).rejects.toThrow(
      sentence,
    );
  });

  it('take a prompt file of their own where each line names a locale of the run, and each is asked in', async () => {
    const path = runFile([entry('ar', 'ar-msa'), entry('ko', 'ko-haeyo')]);
    const asked = (lines: readonly Line[]): ReturnType<typeof readRunInputs> =>
      readRunInputs(path, { prompts: written('own.jsonl', lines) });
    const arabic = { id: 'a', text: 'سؤال', locale: 'ar-EG' };
    const { prompts } = await asked([arabic, { id: 'b', text: '질문', locale: 'ko' }]);
    expect(prompts.map(({ locale }) => locale)).toEqual(['ar-EG', 'ko']);
    await expect(asked([arabic])).rejects.toThrow(
      /own\.jsonl: found no prompt in ko; allowed: prompts of every locale of the run: ar, ko$/,
    );
    await expect(asked([arabic, { id: 'b', text: '질문' }])).rejects.toThrow(
      /own\.jsonl at line 2, locale: found nothing; allowed: one of ar, ko, the run's locales, or a tag under one$/,
    );
    await expect(asked([arabic, { id: 'b', text: 'x', locale: 'fi' }])).rejects.toThrow('found "fi"');
  });
});
