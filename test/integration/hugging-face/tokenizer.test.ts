import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SPECIAL_TOKENS } from '../../../core/network/tokenizer/chat-template.js';
import { trainTokenizer } from '../../../core/network/tokenizer/train-tokenizer.js';
import { packageRoot } from '../../../core/runtime/package-root.js';
import { awkwardTexts, corpus } from '../../fixtures/tokenizer/corpus.js';
import { describeWithPython, runPython } from '../../support/python.js';

const oracle = join(__dirname, 'tokenizer-oracle.py');

interface Model {
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly (string | readonly [string, string])[];
}

/** Questions that nobody here wrote, where they lie beside the project. */
function vicunaQuestions(): string[] {
  return ['Arabic', 'Korean'].flatMap((language) => {
    const path = join(packageRoot, '..', 'shared', 'data', `vicuna80_${language}.jsonl`);
    let lines: string;
    try {
      lines = readFileSync(path, 'utf8');
    } catch {
      return [];
    }
    return lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { text: string }).text);
  });
}

describeWithPython('Hugging Face tokenizers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'majlis-tokenizer-'));
  const texts = [...corpus, ...awkwardTexts, ...vicunaQuestions()];
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.each([259, 400, 700])('give the same ids and texts with a vocabulary of %d', (vocabSize) => {
    const tokenizer = trainTokenizer(texts, { vocabSize, specialTokens: SPECIAL_TOKENS });
    const path = join(folder, 'tokenizer.json');
    writeFileSync(path, tokenizer.json);
    const answers: { ids: number[]; text: string }[] = JSON.parse(
      runPython(oracle, ['encode', path], JSON.stringify(texts)),
    );
    expect(answers.map(({ ids }) => ids)).toEqual(texts.map((text) => tokenizer.encode(text)));
    expect(answers.map(({ text }) => text)).toEqual(texts);
  });

  it('train the same merges from the same corpus', () => {
    const tokenizer = trainTokenizer(texts, { vocabSize: 600, specialTokens: SPECIAL_TOKENS });
    const ours = (JSON.parse(tokenizer.json) as { model: Model }).model;
    const theirs = JSON.parse(
      runPython(oracle, ['train', '600', ...SPECIAL_TOKENS], JSON.stringify(texts)),
    ) as Model;
    expect(ours.merges).toEqual(
      theirs.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' '))),
    );
    expect(ours.vocab).toEqual(theirs.vocab);
  });
});
