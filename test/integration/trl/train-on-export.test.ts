/** What `majlis export` writes, loaded by Hugging Face datasets and trained on by TRL, both as they come from PyPI. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportPreferences } from '../../../cli/commands/export/export-preferences.js';
import type { Preference } from '../../../core/domain/preference.js';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import { initialWeights } from '../../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../../core/network/model-directory/write-model-directory.js';
import { SPECIAL_TOKENS } from '../../../core/network/tokenizer/chat-template.js';
import { trainTokenizer } from '../../../core/network/tokenizer/train-tokenizer.js';
import { readRows } from '../../../core/config/read-rows.js';
import { z } from 'zod';
import { corpus } from '../../fixtures/tokenizer/corpus.js';
import { FakeClock } from '../../support/fake-clock.js';
import { describeWithPython, runPython } from '../../support/python.js';

const TRAINED = z.object({
  columns: z.array(z.string()),
  batch: z.array(z.string()),
  margins: z.array(z.number()).nullable(),
  rows: z.int(),
  firstChosen: z.string(),
  losses: z.array(z.number()),
  finite: z.boolean(),
  steps: z.int(),
  moved: z.boolean(),
});
const ANSWERS = z.object({
  files: z.record(
    z.string(),
    z.object({
      rows: z.array(z.record(z.string(), z.unknown())),
      types: z.record(z.string(), z.string()),
    }),
  ),
  reward: z.record(z.string(), TRAINED),
  dpo: z.record(z.string(), TRAINED),
});

const FILES = ['standard.jsonl', 'standard.parquet', 'conversational.jsonl', 'conversational.parquet'];
const PAIRS = 12;

/** Every third one has no category, and the last is even. */
function preferenceOf(at: number): Preference {
  const prompt = {
    id: `p${at}`,
    locale: at % 2 === 0 ? 'ar' : 'ko',
    text: `${at}: ${corpus[at % corpus.length]} "؟"\n`,
  };
  return {
    pair: {
      id: `pair-${at}`,
      prompt: at % 3 === 0 ? prompt : { ...prompt, category: 'food' },
      first: `good ${corpus[(at + 1) % corpus.length]}`,
      second: 'bad',
    },
    rubricHash: 'rubric',
    probabilityFirst: at === PAIRS ? 0.5 : at % 4 === 1 ? 0.2 : 0.9,
    weight: at % 2 === 0 ? 1 : 0.5,
    excludedVerdicts: 0,
  };
}

describeWithPython("TRL's trainers on an export", () => {
  const folder = mkdtempSync(join(tmpdir(), 'majlis-trl-'));
  let answers: z.infer<typeof ANSWERS>;

  beforeAll(async () => {
    const clock = new FakeClock();
    const ledger = await openSqliteLedger(join(folder, 'ledger.sqlite'), clock);
    await ledger.createRun({ id: 'r', name: 'r', seed: 1, config: '{}', configHash: 'c', fingerprints: {} });
    await ledger.recordPreferences(
      'r',
      Array.from({ length: PAIRS + 1 }, (_, at) => preferenceOf(at)),
    );
    await ledger.close();
    for (const name of FILES) {
      const format = name.startsWith('standard') ? 'standard' : 'conversational';
      const request = {
        workspace: folder,
        run: 'r',
        out: join(folder, name),
        format,
        hasTies: false,
      } as const;
      await exportPreferences({ ...request, hasMargin: name === 'standard.jsonl' }, clock);
    }
    const tokenizer = trainTokenizer(corpus, { vocabSize: 320, specialTokens: SPECIAL_TOKENS });
    const config = { vocabSize: 320, contextLength: 128, layers: 1, width: 16, heads: 2 };
    const directory = join(folder, 'model');
    await writeModelDirectory({ directory, config, weights: initialWeights(config, 3), tokenizer });
    answers = ANSWERS.parse(JSON.parse(runPython(join(__dirname, 'train_on_export.py'), [folder])));
  }, 180_000);
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.each(FILES)(
    'has in %s, as datasets loads it, the rows that were written, without the even pair',
    async (name) => {
      const { rows } = answers.files[name];
      expect(rows).toHaveLength(PAIRS);
      const written = await readRows(join(folder, name), z.record(z.string(), z.unknown()));
      // datasets fills what a row does not have.
      expect(rows).toEqual(written.map((row) => ({ category: null, ...row })));
    },
  );

  it('is typed alike in both kinds of file', () => {
    const { margin, ...lines } = answers.files['standard.jsonl'].types;
    expect(margin).toBe("Value('float64')");
    expect(lines).toEqual(answers.files['standard.parquet'].types);
    expect(answers.files['conversational.jsonl'].types).toEqual(
      answers.files['conversational.parquet'].types,
    );
    expect(lines.probability).toBe("Value('float64')");
    expect(answers.files['conversational.parquet'].types.chosen).toContain('role');
  });

  it('is what RewardTrainer learns from, with the margins where there are any', () => {
    const [standard, conversational] = ['standard.jsonl', 'conversational.parquet'].map(
      (name) => answers.reward[name],
    );
    for (const trained of [standard, conversational]) {
      expect(trained).toMatchObject({ rows: PAIRS, steps: PAIRS / 4, finite: true, moved: true });
      expect(trained.losses).toHaveLength(PAIRS / 4);
      expect(trained.columns).toEqual(
        expect.arrayContaining(['chosen', 'chosen_ids', 'probability', 'prompt', 'rejected', 'rejected_ids']),
      );
    }
    expect(standard.batch).toContain('margin');
    // |2p − 1| of 0.9 and of 0.8.
    expect(new Set(standard.margins?.map((margin) => margin.toFixed(3)))).toEqual(
      new Set(['0.800', '0.600']),
    );
    expect(conversational.margins).toBeNull();
    const { prompt, chosen } = texts(0);
    expect(standard.firstChosen).toBe(`${prompt}${chosen}<|endoftext|>`);
    expect(conversational.firstChosen).toBe(`<|user|>${prompt}<|assistant|>${chosen}<|endoftext|>`);
  });

  it('is what DPOTrainer learns from', () => {
    for (const name of ['standard.parquet', 'conversational.jsonl']) {
      const trained = answers.dpo[name];
      expect(trained).toMatchObject({ rows: PAIRS, steps: PAIRS / 4, finite: true, moved: true });
      expect(trained.columns).toEqual(
        expect.arrayContaining(['chosen_ids', 'prompt_ids', 'probability', 'rejected_ids']),
      );
      // A policy that is still the reference cannot tell the answers apart.
      expect(trained.losses[0]).toBeCloseTo(Math.log(2), 4);
    }
    const { prompt, chosen } = texts(0);
    expect(answers.dpo['conversational.jsonl'].firstChosen).toBe(
      `<|user|>${prompt}<|assistant|>${chosen}<|endoftext|>`,
    );
  });
});

function texts(at: number): { readonly prompt: string; readonly chosen: string } {
  const { pair } = preferenceOf(at);
  return { prompt: pair.prompt.text, chosen: pair.first };
}
